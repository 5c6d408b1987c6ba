# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log"
require "chef/config"
require "chef/mixin/create_path"

class Chef
  class Util
    # A dated copy of a file before it changes (CORE-124).
    class Backup
      include Mixin::CreatePath

      attr_accessor :path
      attr_reader :new_resource

      def initialize(new_resource, path = nil)
        @new_resource = new_resource
        @path = path || new_resource.path
      end

      # Copies when the resource wants backups; keeps the newest ones.
      def backup!
        count = @new_resource.backup
        return if count == false || !count.is_a?(Integer) || count <= 0 || !File.exist?(@path)

        do_backup
        prune(count)
      end

      private

      def backup_filename
        @backup_filename ||= "#{path}.chef-#{Time.now.strftime('%Y%m%d%H%M%S.%6N')}".sub(/^([A-Za-z]:)/, "")
      end

      def prefix
        Config[:file_backup_path].to_s
      end

      def backup_path
        prefix.empty? ? backup_filename : File.join(prefix, backup_filename)
      end

      def do_backup
        require "fileutils"
        create_path(File.dirname(backup_path))
        FileUtils.cp(path, backup_path, preserve: true)
        Log.info("#{@new_resource} backed up to #{backup_path}")
      end

      def prune(count)
        base = prefix.empty? ? path : File.join(prefix, path)
        sorted = Dir.children(File.dirname(base)).select { |f| f.start_with?("#{File.basename(base)}.chef-") }
                    .sort.reverse
        sorted.drop(count).each do |name|
          old = File.join(File.dirname(base), name)
          File.unlink(old)
          Log.info("#{@new_resource} removed backup at #{old}")
        end
      end
    end
  end
end
