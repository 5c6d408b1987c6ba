# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/config"
require "chef/exceptions"
require "chef/mixin/create_path"

class Chef
  # Files kept between runs below file_cache_path (CORE-123).
  class FileCache
    class << self
      include Mixin::CreatePath

      def store(path, contents, perm = 0o640)
        full = place_for(path)
        staging = "#{full}.#{Process.pid}.new"
        File.open(staging, File::WRONLY | File::CREAT | File::TRUNC, perm) do |file|
          file.chmod(perm)
          file.write(contents)
        end
        File.rename(staging, full)
        true
      end

      # The text, or with read false the full path.
      def load(path, read = true)
        full = create_cache_path(path, false)
        unless File.exist?(full)
          raise Exceptions::FileNotFound, "Cannot find #{path} for #{full}!"
        end

        read ? File.read(full) : full
      end

      def move_to(file, path)
        unless File.exist?(file) && File.writable?(file)
          raise "Cannot move #{file} to #{path}!"
        end

        require "fileutils"
        FileUtils.mv(file, place_for(path))
        true
      end

      def delete(path)
        full = create_cache_path(path, false)
        File.unlink(full) if File.exist?(full)
        true
      end

      def list
        find("**#{File::Separator}*")
      end

      def find(file_glob)
        base = base_path
        Dir.glob(file_glob, base: base).select { |f| File.file?("#{base}/#{f}") }
      end

      def has_key?(path)
        File.exist?(create_cache_path(path, false))
      end
      alias_method :key?, :has_key?

      # A directory of the cache, made on demand.
      def create_cache_path(path, create_if_missing = true)
        unless path.is_a?(String)
          raise Exceptions::ValidationFailed,
                "Option file_cache path must be a kind of String!  " \
                "You passed #{path.inspect}."
        end

        full = File.expand_path(File.join(base_path, path))
        create_path(full) if create_if_missing
        full
      end

      private

      # Of a file that is to be written.
      def place_for(path)
        full = create_cache_path(path, false)
        create_path(File.dirname(full))
        full
      end

      def base_path
        File.expand_path(Config[:file_cache_path])
      end
    end
  end
end
