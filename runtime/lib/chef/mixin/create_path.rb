# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  module Mixin
    module CreatePath
      # Makes every directory of a path; returns the expanded path.
      def create_path(file_path)
        unless file_path.is_a?(String) || file_path.is_a?(Array)
          raise ArgumentError, "file_path must be a string or an array!"
        end

        path = file_path.is_a?(Array) ? File.join(*file_path) : file_path
        path = File.expand_path(path)
        missing = []
        at = path
        until File.directory?(at)
          missing << at
          at = File.dirname(at)
        end
        missing.reverse_each do |directory|
          Dir.mkdir(directory)
        rescue Errno::EEXIST
          raise unless File.directory?(directory)
        end
        path
      end
    end
  end
end
