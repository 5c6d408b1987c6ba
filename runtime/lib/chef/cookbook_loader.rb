# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log"
require "chef/config"
require "chef/exceptions"
require "chef/cookbook_version"
require "chef/cookbook_collection"
require "chef/cookbook/chefignore"

class Chef
  # Every cookbook below the cookbook paths (CORE-301 to CORE-310).
  class CookbookLoader
    include Enumerable

    METADATA_FILES = %w[metadata.rb metadata.json .uploaded-cookbook-version.json].freeze

    attr_reader :cookbooks_by_name, :cookbook_paths, :metadata

    def initialize(*repo_paths)
      @cookbook_paths = repo_paths.flatten.compact.map { |path| File.expand_path(path) }
      if @cookbook_paths.empty?
        raise ArgumentError, "You must specify at least one cookbook repo path"
      end

      @cookbooks_by_name = Mash.new
      @metadata = Mash.new
      @loaded = false
    end

    def load_cookbooks
      @cookbook_paths.each { |path| load_path(path) }
      @loaded = true
      @cookbooks_by_name
    end

    def load_cookbook(name)
      load_cookbooks unless @loaded
      @cookbooks_by_name[name]
    end

    def load_cookbooks_without_shadow_warning
      load_cookbooks
    end

    def [](name)
      @cookbooks_by_name.fetch(name) do
        raise Exceptions::CookbookNotFoundInRepo,
              "Cannot find a cookbook named #{name}; did you forget to add metadata to a cookbook?"
      end
    end

    def key?(name)
      @cookbooks_by_name.key?(name)
    end
    alias_method :has_key?, :key?
    alias_method :cookbook_exists?, :key?

    def each(&block)
      @cookbooks_by_name.keys.sort.each { |name| yield(name, @cookbooks_by_name[name]) }
    end

    def each_key(&block)
      @cookbooks_by_name.keys.sort.each(&block)
    end

    def cookbook_names
      @cookbooks_by_name.keys.sort
    end

    def values
      @cookbooks_by_name.values
    end
    alias_method :cookbooks, :values

    private

    def load_path(path)
      ignore = Cookbook::Chefignore.new(path)
      Dir.children(path).sort.each do |name|
        next if name.start_with?(".")

        root = "#{path}/#{name}"
        load_directory(name, root, ignore) if File.directory?(root)
      end
    rescue Errno::ENOENT, Errno::ENOTDIR
      Log.debug { "cookbook path #{path} is not a directory" }
    end

    def load_directory(name, root, ignore)
      if Cookbook::Segments.new([root], ignore).empty?
        Log.warn("found a directory #{name} in the cookbook path, but it " \
                 "contains no cookbook files. skipping.")
        return
      end

      cookbook = @cookbooks_by_name[name]
      if cookbook
        cookbook.add_root(root, ignore)
      else
        cookbook = CookbookVersion.new(name, root, ignore: ignore)
        @cookbooks_by_name[name] = cookbook
      end
      apply_metadata(cookbook, root)
      @metadata[name] = cookbook.metadata
    end

    def apply_metadata(cookbook, root)
      file = METADATA_FILES.find { |f| File.file?("#{root}/#{f}") }
      return unless file

      read_metadata(cookbook.metadata, "#{root}/#{file}")
    rescue StandardError, ScriptError => e
      # The run fails with this error even when nobody uses the cookbook, so
      # the log tells where it comes from (CORE-310).
      place = (e.backtrace || []).find { |line| line.start_with?("#{root}/#{file}") }
      Log.error("cookbook #{cookbook.name}: #{[place, e.message].compact.join(': ')}")
      raise
    end

    def read_metadata(metadata, path)
      return metadata.from_file(path) if path.end_with?(".rb")

      require "chef/json_compat"
      data = JSONCompat.object_from_file(path, "metadata")
      data = data["metadata"] || {} if path.end_with?("/.uploaded-cookbook-version.json")
      metadata.from_hash(data)
    end
  end
end
