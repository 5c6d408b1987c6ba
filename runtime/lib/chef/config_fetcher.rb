# SPDX-License-Identifier: MIT
#
# Reads a settings or JSON file from a path or URL; tells the person what is
# wrong with it and ends with 2 (CORE-110, CORE-130).

require 'chef/json_compat'

class Chef
  class ConfigFetcher
    attr_reader :config_location

    def initialize(location)
      @config_location = location
    end

    def remote_config?
      %r{\Ahttps?://}.match?(@config_location.to_s)
    end

    def config_missing?
      !remote_config? && !::File.exist?(@config_location)
    end

    def read_config
      remote_config? ? fetch_remote_config : read_local_config
    end

    # An Array or a Hash.
    def fetch_json
      data = Chef::JSONCompat.from_json(read_config)
      return data if data.is_a?(Hash) || data.is_a?(Array)

      fatal!("The JSON attributes in #{@config_location} must be an object, " \
             "not #{data.class}")
    rescue Chef::Exceptions::JSON::ParseError => e
      fatal!("Could not parse the provided JSON file " \
             "(#{@config_location}): #{e.message}")
    end

    private

    def read_local_config
      ::File.read(@config_location, encoding: 'UTF-8')
    rescue Errno::ENOENT
      fatal!("Cannot load configuration from #{@config_location}: no such file")
    rescue Errno::EACCES
      fatal!("Permissions are incorrect on #{@config_location}. Please chmod " \
             'a+r it')
    rescue SystemCallError => e
      fatal!("Cannot load configuration from #{@config_location}: #{e.message}")
    end

    def fetch_remote_config
      status, _headers, body = RightLink::Native.download(
        url: @config_location, method: 'GET', headers: {}, body: nil,
        output: nil
      )
      return body if status == 200

      fatal!("Cannot load configuration from #{@config_location}: the server " \
             "answers #{status}")
    rescue StandardError => e
      fatal!("Cannot load configuration from #{@config_location}: #{e.message}")
    end

    def fatal!(message)
      Chef::Application.fatal!(message, 2)
    end
  end
end
