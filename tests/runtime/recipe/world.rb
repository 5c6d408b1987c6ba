# SPDX-License-Identifier: MIT
#
# A run without a command line: cookbooks written by the test, compiled and
# converged in this process, with everything heard by a listener.

require_relative '../lang/harness'
require 'stringio'
require 'chef/cookbook_loader'
require 'chef/cookbook_collection'
require 'chef/formatters'

class Harness
  Listed = Struct.new(:recipes)

  # Notes "event resource action" for each event of an action.
  class Listener < Chef::EventDispatch::Base
    attr_reader :lines

    def initialize
      super
      @lines = []
    end

    %i[resource_updated resource_up_to_date resource_bypassed
       resource_failed].each do |event|
      define_method(event) do |resource, action, *|
        @lines << "#{event.to_s.delete_prefix('resource_')} #{resource} " \
                  "#{action}"
      end
    end

    def resource_skipped(resource, action, guard)
      @lines << "skipped #{resource} #{action} #{guard.short_description}"
    end
  end

  def cookbook_path
    "#{directory}/cookbooks"
  end

  # cookbook("web", "recipes/default.rb" => "text", …)
  def cookbook(name, files)
    files.each { |path, text| write("cookbooks/#{name}/#{path}", text) }
  end

  def recipe(text, name = 'default')
    cookbook('t', "recipes/#{name}.rb" => text)
  end

  def listener
    @listener ||= Listener.new
  end

  def text
    @text ||= StringIO.new
  end

  def compile(*recipes)
    recipes = ['t'] if recipes.empty?
    Chef::Config[:cookbook_path] = [cookbook_path]
    Chef::Log.level = @log_level || :fatal
    loader = Chef::CookbookLoader.new(cookbook_path)
    loader.load_cookbooks
    events = Chef::EventDispatch::Dispatcher.new(
      listener, Chef::Formatters.new(:doc, text, text)
    )
    node = Chef::Node.build('n.example')
    node.automatic['platform'] = 'debian'
    node.automatic['platform_version'] = '12'
    node.normal['root'] = directory
    @context = Chef::RunContext.new(
      node, Chef::CookbookCollection.new(loader), events
    )
    Chef.run_events = events
    Chef.run_context = @context
    @context.load(Listed.new(recipes))
    @context
  end

  def converge(*recipes)
    context = compile(*recipes)
    context.events.converge_start(context)
    Chef::Runner.new(context).converge
    context
  ensure
    context.events.converge_complete if context
  end

  # What the block, which compiles or converges, logged at or above a level.
  def told(level = :warn, &block)
    @log_level = level
    logged(level, &block)
  ensure
    @log_level = nil
  end

  def resource(text)
    @context.resource_collection.lookup(text)
  end

  # What recipes of the test noted with $notes << x.
  def notes
    $notes ||= []
  end

  alias plain_teardown teardown
  def teardown
    $notes = []
    plain_teardown
  end
end

$notes = []
