# SPDX-License-Identifier: MIT
# A run context with nothing around it, whose events are written down.
require 'tmpdir'
require 'stringio'

module World
  class Recorder < Chef::EventDispatch::Base
    attr_reader :lines

    def initialize
      @lines = []
    end

    Chef::EventDispatch::Base.instance_methods(false).grep(/resource_|requirement|whyrun/).each do |event|
      define_method(event) do |*args|
        @lines << [event, *args]
      end
    end

    # "resource_updated file[/x]" and so on.
    def words
      @lines.map do |event, *args|
        resource = args.find { |a| a.is_a?(Chef::Resource) }
        "#{event.to_s.delete_prefix('resource_')} #{resource}"
      end
    end
  end

  def setup
    @dir = Dir.mktmpdir('rightlink-native')
    Chef::Config.reset
    Chef::Config[:file_backup_path] = "#{@dir}/backup"
    @log = StringIO.new
    Chef::Log.init(@log)
    Chef::Log.level = :info
    @events = Recorder.new
    node = Chef::Node.new
    node.name('n')
    node.automatic['platform'] = 'debian'
    node.automatic['platform_version'] = '12.0'
    @context = Chef::RunContext.new(
      node, {}, Chef::EventDispatch::Dispatcher.new(@events)
    )
  end

  def teardown
    FileUtils.rm_rf(@dir)
    Chef::Config.reset
  end

  def path(name)
    "#{@dir}/#{name}"
  end

  # Declares a resource in the collection.
  def declare(type, name, &block)
    klass = Chef::Resource.const_get(type)
    resource = klass.new(name, @context)
    resource.instance_eval(&block) if block
    @context.resource_collection.insert(resource)
    resource
  end

  def converge
    Chef::Runner.new(@context).converge
  end
end
