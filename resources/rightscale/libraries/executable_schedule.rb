# SPDX-License-Identifier: MIT
#
# executable_schedule 'name': the agent runs a recipe or RightScript at times
# given as for cron.
require File.expand_path('../agent_provider', __FILE__)

class Chef
  class Resource
    class ExecutableSchedule < Chef::Resource
      include RightLink::AgentResource
      RightLink::AgentResource.declare(self, :executable_schedule)

      { :minute => 0..59, :hour => 0..23, :day => 1..31, :month => 1..12,
        :weekday => 0..7 }.each do |field, range|
        define_method(field) do |arg = nil|
          arg = arg.to_s if arg.is_a?(Integer)
          set_or_return(field, arg, :kind_of => String, :callbacks => {
            "must be a cron field within #{range}" =>
              proc { |text| cron_field?(text, range) }
          })
        end
      end

      def initialize(name, run_context = nil)
        super
        setup(:executable_schedule, Chef::Provider::ExecutableSchedule,
              [:create, :delete])
        @minute = @hour = @day = @month = @weekday = '*'
      end

      def recipe(arg = nil)
        set_or_return(:recipe, arg, :kind_of => String)
      end

      def right_script(arg = nil)
        set_or_return(:right_script, arg, :kind_of => String)
      end

      # Executables have names here; ids of the old service cannot be run.
      def recipe_id(*)
        by_name(:recipe_id, :recipe)
      end

      def right_script_id(*)
        by_name(:right_script_id, :right_script)
      end

      private

      def by_name(old, new)
        raise Chef::Exceptions::ValidationFailed,
              "#{self}: #{old} is not supported: name it with #{new}"
      end

      # Words for months and days are left to the agent's own check.
      def cron_field?(text, range)
        return false unless text =~ %r{\A[0-9A-Za-z*,/\-]+\z}
        text.scan(%r{(?<![/\d])\d+}).all? { |n| range.cover?(n.to_i) }
      end
    end
  end

  class Provider
    class ExecutableSchedule < Chef::Provider
      include RightLink::AgentProvider

      def action_create
        check
        fields = { 'name' => new_resource.name }
        [:recipe, :right_script, :minute, :hour, :day, :month,
         :weekday].each do |key|
          value = new_resource.send(key)
          fields[key.to_s] = value unless value.nil?
        end
        change("schedule #{what} at #{times}", 'schedule_create', fields)
      end

      def action_delete
        change("delete schedule #{new_resource.name}", 'schedule_delete',
               'name' => new_resource.name)
      end

      private

      # Whether something changed is known only from the answer, so outside
      # why-run the request comes before the report.
      def change(text, type, fields)
        return converge_by("#{text} unless it is so already") {} if whyrun?
        reply = RightLink::AgentSocket.request(type, fields, 120)
        converge_by(text) {} if reply['changed']
      end

      def check
        given = [new_resource.recipe, new_resource.right_script].compact
        return if given.length == 1
        raise Chef::Exceptions::ValidationFailed,
              "#{new_resource}: either recipe or right_script is required"
      end

      def what
        new_resource.recipe || new_resource.right_script
      end

      def times
        [:minute, :hour, :day, :month, :weekday]
          .map { |field| new_resource.send(field) }.join(' ')
      end
    end
  end
end
