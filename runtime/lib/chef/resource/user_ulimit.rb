# SPDX-License-Identifier: MIT
#
# user_ulimit of Chef 16 and later.

class Chef
  class Resource
    class UserUlimit < Chef::Resource
      unified_mode true
      description 'limits of an account in /etc/security/limits.d'
      examples <<~RECIPE
        user_ulimit "tomcat" do
          filehandle_limit 8192
          memory_limit "unlimited"
        end
      RECIPE

      # Property, word of limits.conf, meaning.
      ITEMS = {
        as: ['as', 'address space'], core: ['core', 'size of core dumps'], filehandle: ['nofile', 'open files'],
        locks: ['locks', 'file locks'], memory: ['memlock', 'locked memory'], msgqueue: ['msgqueue', 'message queues'],
        process: ['nproc', 'processes'], rtprio: ['rtprio', 'real-time priority'], stack: ['stack', 'size of the stack'],
        virt: ['as', 'address space, the older word']
      }.freeze
      KINDS = { limit: '-', soft_limit: 'soft', hard_limit: 'hard' }.freeze

      property :username, String, name_property: true, regex: /\A\S+\z/, description: 'the account, @group or *'
      ITEMS.each do |item, (_, text)|
        KINDS.each do |kind, type|
          property :"#{item}_#{kind}", [String, Integer], coerce: proc(&:to_s),
                   description: "#{text}#{type == '-' ? '' : ", #{type}"}"
        end
      end
      property :filename, String, regex: %r{\A[^/]+\z}, coerce: proc { |n| n.end_with?('.conf') ? n : "#{n}.conf" },
               default: lazy { username == '*' ? '00_all_limits.conf' : "#{username}_limits.conf" },
               description: 'name of the file'

      default_action :create

      action :create, description: 'write the file' do
        lines = ITEMS.flat_map do |item, (word, _)|
          KINDS.filter_map do |kind, type|
            value = new_resource.public_send(:"#{item}_#{kind}")
            "#{new_resource.username} #{type} #{word} #{value}\n" if value
          end
        end
        file(path) do
          content lines.join
          mode '0644'
        end
      end

      action :delete, description: 'remove the file' do
        file(path) { action :delete }
      end

      action_class do
        def path
          "/etc/security/limits.d/#{new_resource.filename}"
        end
      end
    end
  end
end
