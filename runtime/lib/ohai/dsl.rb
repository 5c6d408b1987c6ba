# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "ohai/hints"

module Ohai
  # What the code of a plugin may call. A name nobody knows reads an attribute,
  # with an argument it sets one.
  module PluginWords
    attr_reader :data, :system

    def get_attribute(name, *keys)
      keys.inject(@data[name]) { |value, key| value.nil? ? nil : value[key] }
    end

    def set_attribute(name, *attrs, value)
      place = attrs.empty? ? @data : [name, *attrs[0...-1]].inject(@data) { |at, key| at[key] ||= Mash.new }
      place[attrs.empty? ? name : attrs.last] = value
    end

    def attribute?(name, *keys)
      !get_attribute(name, *keys).nil?
    end

    def [](name)
      @data[name]
    end

    def []=(name, value)
      @data[name] = value
    end

    def each(&block)
      @data.each(&block)
    end

    def hint?(name)
      Hints.hint?(name)
    end

    def shell_out(command, options = {})
      require "mixlib/shellout"
      Mixlib::ShellOut.new(command, { timeout: 30 }.merge(options)).run_command
    rescue Errno::ENOENT => e
      raise Exception::Exec, e.message
    end

    # Older form: [status, stdout, stderr].
    def run_command(args = {})
      result = shell_out(args[:command], **args.slice(:timeout, :cwd, :environment))
      unless args[:no_status_check] || result.exitstatus.zero?
        raise Exception::Exec, "#{args[:command]} returned #{result.exitstatus}, expected 0"
      end

      [result.status, result.stdout, result.stderr]
    end
    alias_method :run_command_and_return_stdout_stderr, :run_command

    def popen4(command, args = {}, &block)
      require "chef/mixin/command"
      Chef::Mixin::Command.popen4(command, args, &block)
    end

    def from(command)
      shell_out(command).stdout.chomp
    end

    def from_with_regex(command, *patterns)
      text = from(command)
      patterns.each { |pattern| return $1 if text =~ pattern }
      nil
    end

    def collect_os
      @data["os"] || "linux"
    end

    def file_scan_lines(path, &block)
      File.foreach(path, &block) if File.exist?(path)
    end

    # What another plugin gives is there when it is read.
    def require_plugin(name, _force = false)
      @system.require_plugin(name)
    end

    def method_missing(name, *args)
      return super if name.name.match?(/[?!]\z/) || name == :to_ary || name == :to_str

      word = name.name.chomp("=")
      return @data[word] if args.empty?

      @data[word] = args.size == 1 ? args.first : args
    end

    def respond_to_missing?(*)
      false
    end
  end

  module DSL
    # A plugin of the newer syntax: `Ohai.plugin(:Name) do … end` makes a
    # subclass.
    class Plugin
      include PluginWords

      class VersionVII < Plugin; end

      class << self
        attr_accessor :plugin_name

        def provides(*attributes)
          return provided if attributes.empty?

          provided.concat(attributes.flatten.map(&:to_s)).uniq!
        end
        alias_method :provides_attrs, :provides

        def depends(*attributes)
          dependencies.concat(attributes.flatten.map(&:to_s)).uniq!
        end
        alias_method :depends_attrs, :depends

        def collect_data(*platforms, &block)
          platforms = [:default] if platforms.empty?
          platforms.flatten.each { |platform| collectors[platform.to_sym] = block }
        end

        def provided
          @provided ||= []
        end

        def dependencies
          @dependencies ||= []
        end

        def collectors
          @collectors ||= {}
        end

        def version
          :version7
        end

        def top_keys
          provided.map { |path| path[%r{\A[^/]+}] }.uniq
        end

        def optional(*) end
      end

      def initialize(system)
        @system = system
        @data = system.data
      end

      def name
        self.class.plugin_name
      end

      def run
        os = collect_os.to_sym
        block = self.class.collectors[os] || self.class.collectors[:default]
        return Log.debug { "plugin #{name} has nothing for #{os}" } unless block

        self.class.dependencies.each { |path| @data[path[%r{\A[^/]+}]] }
        instance_eval(&block)
      end
    end

    # A file of the older syntax, evaluated as a whole.
    class FilePlugin
      include PluginWords

      def initialize(system, path)
        @system = system
        @data = system.data
        @path = path
      end

      def provides(*) end

      def run
        instance_eval(File.read(@path, encoding: "BOM|UTF-8"), @path, 1)
      end
    end
  end
end
