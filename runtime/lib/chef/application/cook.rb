# SPDX-License-Identifier: MIT
#
# One run as the agent describes it on descriptor 3 (wire/runspec.h): settings,
# node and run list come from there, what happens goes back as events. No fork:
# this process is made for one run.

require 'chef'
require 'chef/application'
require 'chef/client'
require 'rightlink/agent_events'

class Chef
  class Application
    class Cook < Application
      # Loaded in every run, whether or not a recipe depends on it.
      INJECTED = 'rightscale'

      PLAIN = %w[role_path data_bag_path environment_path environment
                 node_name file_cache_path file_backup_path lockfile
                 stacktrace_path why_run].freeze

      def run
        @spec = RightLink::Native.run_spec
        configure
        client = Chef::Client.new(
          attributes,
          load_items: method(:load_items), injected: [INJECTED],
          event_handlers: [RightLink::AgentEvents.new(list_texts)]
        )
        Process.exit(status_of(client))
      end

      private

      def configure
        Chef::Config[:solo] = true
        Chef::Config[:client_fork] = false
        Chef::Config[:cookbook_path] = @spec['cookbook_paths']
        PLAIN.each do |key|
          Chef::Config[key] = @spec[key] unless @spec[key].nil?
        end
        Chef::Config[:strict_chef11] = @spec['compat'] == '11'
        Chef::Config[:formatters] = [[:doc, nil]]
        ENV['RIGHTLINK_SOCKET'] = @spec['socket'] if @spec['socket']
        configure_log
        Dir.chdir('/')
      end

      def configure_log
        Chef::Log.init($stdout)
        Chef::Log.level = (@spec['log_level'] || 'info').to_sym
        Chef::Log.filter = RightLink::Native.method(:mask)
      end

      # 0, or 1 after telling why.
      def status_of(client)
        client.run
        0
      rescue SystemExit
        1
      rescue Exception => e # a run ends with anything
        Chef::Log.fatal(RightLink::Native.mask("#{e.class}: #{e.message}"))
        1
      ensure
        $stdout.flush
        $stderr.flush
      end

      def attributes
        given = @spec['attributes'] || {}
        given.reject { |key, _| %w[run_list recipes].include?(key) }
             .merge('run_list' => chef_items)
      end

      def items
        @spec['run_list']
      end

      # The run list as Chef knows it: without resources of the agent.
      def chef_items
        items.filter_map { |item| chef_item(item) }
      end

      def chef_item(item)
        return "recipe[#{item['recipe']}]" if item['recipe']

        "role[#{item['role']}]" if item['role']
      end

      def list_texts
        items.map do |item|
          chef_item(item) || "#{item['resource']}[#{item['name']}]"
        end
      end

      # Recipes, roles and resources in the order of the list.
      def load_items(compiler, run_context)
        items.each_with_index do |item, index|
          if item['resource']
            declare(run_context, item, index)
          else
            recipes_of(item, run_context.node).each do |recipe|
              compiler.load_recipe(recipe)
            end
          end
        end
      end

      def recipes_of(item, node)
        return [item['recipe']] if item['recipe']

        list = Chef::RunList.new("role[#{item['role']}]")
        list.expand(node.chef_environment, 'disk').recipes.map(&:to_s)
      end

      def declare(run_context, item, index)
        recipe = Chef::Recipe.new('rightlink', 'run_list', run_context)
        properties = item['properties'] || {}
        recipe.declare_resource(item['resource'].to_sym, item['name'],
                                "run list:#{index + 1}") do
          properties.each { |name, value| public_send(name, value) }
        end
      rescue StandardError => e
        named = e.exception("run list item #{index + 1} " \
                            "(#{item['resource']}[#{item['name']}]): " \
                            "#{e.message}")
        named.set_backtrace(e.backtrace)
        raise named
      end
    end
  end
end
