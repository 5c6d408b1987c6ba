# SPDX-License-Identifier: MIT
# frozen_string_literal: true

module Ohai
  # Files that tell where a machine runs: HINTS_PATH/NAME.json.
  module Hints
    module_function

    # The content, {} for an empty file, nil for none.
    def hint?(name)
      Array(Config[:hints_path]).each do |directory|
        path = File.join(directory, "#{name}.json")
        next unless File.file?(path)

        text = File.read(path)
        return {} if text.strip.empty?

        require "chef/json_compat"
        return Chef::JSONCompat.parse(text)
      end
      nil
    rescue Chef::Exceptions::JSON::ParseError => e
      Log.error("could not parse hint file #{name}.json: #{e.message}")
      nil
    end
  end
end
