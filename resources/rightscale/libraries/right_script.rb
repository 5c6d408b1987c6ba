# SPDX-License-Identifier: MIT
#
# right_script 'name': run a RightScript as a child of the agent and wait for
# its end. Without source_file the bundle's script of that name is run.
require File.expand_path('../agent_provider', __FILE__)

class Chef
  class Resource
    class RightScript < Chef::Resource
      include RightLink::AgentResource
      RightLink::AgentResource.declare(self, :right_script)

      def initialize(name, run_context = nil)
        super
        setup(:right_script, Chef::Provider::RightScript, [:run])
        @nickname = name
        @parameters = {}
      end

      def nickname(arg = nil)
        set_or_return(:nickname, arg, :kind_of => String)
      end

      def source_file(arg = nil)
        set_or_return(:source_file, arg, :kind_of => String, :callbacks => {
          'must be an absolute path' => proc { |f| f.nil? || f.start_with?('/') }
        })
      end

      # Input name => String, true, false, Numeric, Array of them, or nil
      # (the script does not see it).
      def parameters(arg = nil)
        set_or_return(:parameters, arg, :kind_of => Hash)
      end

      # Directory of the attachments.
      def cache_dir(arg = nil)
        set_or_return(:cache_dir, arg, :kind_of => String)
      end

      def display_version(arg = nil)
        set_or_return(:display_version, arg, :kind_of => String)
      end

      # Seconds; without it the script may run for ever.
      def timeout(arg = nil)
        set_or_return(:timeout, arg, :kind_of => Integer,
                                     :callbacks => positive)
      end
    end
  end

  class Provider
    class RightScript < Chef::Provider
      include RightLink::AgentProvider

      def action_run
        ends_here = false
        converge_by("run RightScript #{title}") do
          result = RightLink::AgentSocket.request('script_run', fields)
          fail_with(result) unless result['status'].zero? || result['reboot']
          Chef::Log.info("RightScript #{title} ended after " \
            "#{result['elapsed_ms'] / 1000.0} seconds")
          new_resource.updated_by_last_action(true)
          ends_here = result['shutdown_now']
        end
        end_run('shutdown requested') if ends_here
      end

      private

      def title
        "< '#{new_resource.nickname}' #{new_resource.display_version}"
          .rstrip + ' >'
      end

      def fields
        f = { 'name' => new_resource.nickname, 'parameters' => parameters }
        { 'source_file' => new_resource.source_file,
          'attachments_dir' => new_resource.cache_dir,
          'display_version' => new_resource.display_version }.each do |k, v|
          f[k] = v unless v.nil?
        end
        limit = new_resource.timeout
        f['timeout_ms'] = limit * 1000 if limit
        f
      end

      def parameters
        new_resource.parameters.each_with_object({}) do |(name, value), all|
          all[name.to_s] = input(value)
        end
      end

      def input(value)
        return value if value.nil?
        value.is_a?(Array) ? value.map(&:to_s) : value.to_s
      end

      def fail_with(result)
        how = if result['timed_out']
                "ran longer than #{new_resource.timeout} seconds and was ended"
              elsif result['signal'] != 0
                "was ended by signal #{result['signal']}"
              else
                "exited with #{result['status']}"
              end
        raise "RightScript #{title} #{how}"
      end
    end
  end
end
