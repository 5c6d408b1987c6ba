# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/config"

class Chef
  class Util
    # The text of a change between two files, with the limits of the
    # diff_* settings.
    class Diff
      def for_output
        @diff.nil? ? [@error] : @diff.split("\n")
      end

      def for_reporting
        @diff&.gsub("\n", "\\n")
      end

      def use_tempfile_if_missing(file)
        File.exist?(file) ? file : "/dev/null"
      end

      def diff(old_file, new_file)
        @diff = nil
        @error = refusal(old_file, new_file)
        return @error if @error

        text = unified(use_tempfile_if_missing(old_file), use_tempfile_if_missing(new_file))
        if text.empty?
          @error = "(no diff)"
        elsif text.bytesize > Config[:diff_output_threshold]
          @error = "(long diff of over #{Config[:diff_output_threshold]} characters, diff output suppressed)"
        else
          @diff = text
        end
        @error || "(diff available)"
      end

      private

      def refusal(old_file, new_file)
        return "(diff output suppressed by config)" if Config[:diff_disabled]

        files = [old_file, new_file].select { |f| File.exist?(f) }
        limit = Config[:diff_filesize_threshold]
        if files.any? { |f| File.size(f) > limit }
          return "(file sizes exceed #{limit} bytes, diff output suppressed)"
        end
        return "(current file is binary, diff output suppressed)" if binary?(old_file)
        return "(new content is binary, diff output suppressed)" if binary?(new_file)

        nil
      end

      def binary?(path)
        return false unless File.exist?(path)

        head = File.binread(path, 64_000) || ""
        head.include?("\0") || !head.force_encoding("UTF-8").valid_encoding?
      end

      def unified(old_file, new_file)
        hunks = RightLink::Native.diff(File.read(old_file), File.read(new_file))
        return "" if hunks.empty?

        "--- #{old_file}\n+++ #{new_file}\n#{hunks.chomp}"
      end
    end
  end
end
