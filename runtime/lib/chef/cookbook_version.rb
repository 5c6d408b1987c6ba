# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "mash"
require "chef/exceptions"
require "chef/cookbook/metadata"
require "chef/cookbook/segments"

class Chef
  # A cookbook on disk: its roots (one for each cookbook_path that holds it,
  # later ones win file by file), metadata and files (CORE-344).
  class CookbookVersion
    include Comparable

    COOKBOOK_SEGMENTS = %i[resources providers recipes definitions libraries
                           attributes files templates root_files].freeze

    attr_reader :root_paths, :segments
    attr_accessor :name, :status
    attr_writer :metadata

    def initialize(name, *root_paths, ignore: nil)
      @name = name
      @root_paths = root_paths.flatten
      @segments = Cookbook::Segments.new(@root_paths, ignore)
      @metadata = nil
      @status = :ready
    end

    def root_dir
      @root_paths.first
    end

    def add_root(path, ignore)
      @root_paths << path
      @segments.add_root(path, ignore)
    end

    def metadata
      @metadata ||= Cookbook::Metadata.new
    end

    def metadata_name
      metadata.name
    end

    def version
      metadata.version
    end

    def version=(text)
      metadata.version(text)
    end

    def frozen_version?
      false
    end

    def full_name
      "#{@name}-#{version}"
    end

    { resources: :resource, providers: :provider, definitions: :definition,
      libraries: :library }.each do |segment, word|
      define_method(:"#{word}_filenames") { @segments.paths(segment) }
    end

    # With the file of 13 and later that stands for a default.rb.
    def recipe_filenames
      recipe_filenames_by_name.values
    end

    def attribute_filenames
      attribute_filenames_by_short_filename.values
    end

    def file_filenames
      @segments.paths(:files)
    end

    def template_filenames
      @segments.paths(:templates)
    end

    def root_filenames
      @segments.paths(:root_files)
    end
    alias_method :root_files, :root_filenames

    # --- recipes and attributes by name --------------------------------------

    def recipe_filenames_by_name
      @recipe_filenames_by_name ||= recipe_data.merge(by_name(:recipes, "recipe.rb"))
    end

    def attribute_filenames_by_short_filename
      @attribute_filenames_by_name ||= by_name(:attributes, "attributes.rb")
    end

    def fully_qualified_recipe_names
      recipe_filenames_by_name.keys.map { |short| "#{@name}::#{short}" }
    end

    def has_recipe?(recipe_name)
      recipe_filenames_by_name.key?(recipe_name.to_s.split("::", 2).last)
    end

    # Loads one recipe into the run; returns the recipe object (CORE-332).
    def load_recipe(recipe_name, run_context)
      filename = recipe_filenames_by_name[recipe_name]
      unless filename
        raise Exceptions::RecipeNotFound,
              "could not find recipe #{recipe_name} for cookbook #{@name}"
      end

      Log.debug { "Found recipe #{recipe_name} in cookbook #{@name}" }
      recipe = Recipe.new(@name, recipe_name, run_context)
      recipe.from_file(filename)
      recipe
    end

    # --- files and templates by specificity (CORE-340) -----------------------

    def has_template_for_node?(node, template_filename)
      !preferred_filename(node, :templates, template_filename).nil?
    end

    def has_cookbook_file_for_node?(node, cookbook_filename)
      !preferred_filename(node, :files, cookbook_filename).nil?
    end

    def preferred_filename_on_disk_location(node, segment, filename, _current_filepath = nil)
      preferred_filename(node, segment, filename) || not_found(node, segment, filename)
    end

    def preferred_manifest_record(node, segment, filename)
      path = preferred_filename_on_disk_location(node, segment, filename)
      manifest_record(segment, path)
    end

    # Paths below the directory that the first matching preference holds,
    # relative to it (CORE-342).
    def relative_filenames_in_preferred_directory(node, segment, dirname)
      preferred_directory(node, segment, dirname).map(&:first)
    end

    def preferred_manifest_records_for_directory(node, segment, dirname)
      preferred_directory(node, segment, dirname).map { |_, path| manifest_record(segment, path) }
    end

    def preferences_for_path(node, segment, path)
      Cookbook::Specificity.candidates(node, segment, path)
    end

    # --- the manifest --------------------------------------------------------

    def manifest
      @manifest ||= begin
        mash = Mash.new("cookbook_name" => @name.to_s, "name" => full_name,
                        "version" => version, "chef_type" => "cookbook_version",
                        "metadata" => metadata.to_hash)
        COOKBOOK_SEGMENTS.each do |segment|
          mash[segment] = @segments.paths(segment).map { |path| manifest_record(segment, path) }
        end
        mash
      end
    end

    def manifest_records_by_path
      COOKBOOK_SEGMENTS.flat_map { |s| manifest[s] }.to_h { |record| [record["path"], record] }
    end

    def checksums
      manifest_records_by_path.values.to_h { |record| [record["checksum"], record["full_path"]] }
    end

    def to_hash
      manifest.to_hash.merge("frozen?" => false)
    end

    def to_json(*args)
      require "chef/json_compat"
      JSONCompat.to_json(to_hash, *args)
    end

    def to_s
      @name.to_s
    end

    def <=>(other)
      return nil unless other.is_a?(CookbookVersion)

      [@name.to_s, Version.new(version)] <=> [other.name.to_s, Version.new(other.version)]
    end

    def inspect
      "<#{self.class} #{full_name}>"
    end

    private

    # Recipes that are data (16 and later); Ruby comes first.
    def recipe_data
      return {} if Config[:strict_chef11]

      found = @segments.paths(:recipe_data).grep(/\.(?:ya?ml|json)\z/)
      found.reverse.to_h { |path| [File.basename(path, ".*"), path] }
    end

    def by_name(segment, root_file)
      table = @segments.paths(segment).to_h { |path| [File.basename(path, ".rb"), path] }
      alone = @segments.path(:root_files, root_file)
      table["default"] ||= alone if alone
      table
    end

    def preferred_filename(node, segment, filename)
      Array(filename).each do |name|
        Cookbook::Specificity.candidates(node, segment, name).each do |relative|
          path = @segments.path(segment, relative)
          return path if path
        end
      end
      nil
    end

    def preferred_directory(node, segment, dirname)
      Cookbook::Specificity.candidates(node, segment, dirname, false).each do |relative|
        found = @segments.below(segment, relative)
        return found unless found.empty?
      end
      raise Exceptions::FileNotFound,
            "cookbook #{@name} has no directory #{segment}/default/#{dirname}"
    end

    def not_found(node, segment, filename)
      name = Array(filename).first
      places = Cookbook::Specificity.listed(node, segment, name)
      files = @segments.paths(segment)
      text = +"Cookbook '#{@name}' (#{version}) does not contain a file at any of these locations:\n"
      places.each { |place| text << "  #{place}\n" }
      unless files.empty?
        text << "\nThis cookbook _does_ contain: ['#{files.join("','")}']"
      end
      raise Exceptions::FileNotFound, text
    end

    def manifest_record(segment, path)
      require "chef/digester"
      relative = @segments.relative(segment, path)
      Mash.new(name: File.basename(path), path: relative, full_path: path,
               checksum: Digester.md5_checksum_for_file(path),
               specificity: Cookbook::Specificity.of(segment, relative))
    end
  end
end
