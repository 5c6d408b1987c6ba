# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "json"
require "ohai"

module RightLink
  # `rightlink ohai` and rs_ohai: facts about this machine as JSON, as ohai
  # prints them: everything, or the attributes named ("memory/total").
  class OhaiCommand
    FAILED = 1
    USAGE = 64
    OPTIONS = {
      "--directory" => :directory, "--file" => :file,
      "--log-level" => :log_level, "--log-file" => :log_file
    }.freeze

    # cook --ohai [--directory DIR] [--file FILE] [--log-level LEVEL]
    #   [--log-file FILE] -- [ATTRIBUTE...]
    def run
      options, names = read(ARGV.dup)
      start_log(options)
      facts = collect(options)
      Process.exit(print_facts(facts, names))
    rescue SystemCallError, JSON::ParserError, ArgumentError => e
      warn "rightlink: ohai: #{e.message}"
      Process.exit(FAILED)
    end

    private

    def read(words)
      options = {}
      while (word = words.shift) && word != "--"
        options[OPTIONS.fetch(word)] = words.shift
      end
      [options, words]
    end

    def start_log(options)
      level = (options[:log_level] || "warn").downcase
      raise ArgumentError, "no log level `#{level}'" unless %w(debug info warn error fatal).include?(level)

      Ohai::Log.init(options[:log_file] || $stderr)
      Ohai::Log.level = level.to_sym
    end

    def collect(options)
      return saved_facts(options[:file]) if options[:file]

      if options[:directory]
        raise ArgumentError, "no directory `#{options[:directory]}'" unless File.directory?(options[:directory])

        Ohai::Config[:plugin_path] << options[:directory]
      end
      Ohai::System.new
    end

    def saved_facts(path)
      facts = JSON.parse(File.read(path))
      raise ArgumentError, "#{path}: must hold an object" unless facts.is_a?(Hash)

      facts
    end

    def print_facts(facts, names)
      return puts_json(facts.to_hash) if names.empty?

      absent = names.reject { |name| print_one(facts, name) }
      absent.each { |name| warn "rightlink: ohai: no attribute `#{name}'" }
      absent.empty? ? 0 : FAILED
    end

    def print_one(facts, name)
      value = name.split("/").reduce(facts) { |at, key| step(at, key) }
      return false if value.nil?

      puts_json(value.is_a?(Hash) || value.is_a?(Array) ? value : [value])
      true
    end

    def step(at, key)
      case at
      when Array then Integer(key, exception: false)&.then { |i| at[i] }
      when Hash, Ohai::System, Ohai::Data then at[key]
      end
    end

    def puts_json(value)
      puts JSON.pretty_generate(value)
      0
    end
  end
end
