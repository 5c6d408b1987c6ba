# SPDX-License-Identifier: MIT
#
# The compile phase: libraries, attributes, light-weight resources, definitions,
# recipes; each segment for all cookbooks of the run before the next
# (CORE-320 … CORE-333).

class Chef
  class RunContext
    class CookbookCompiler
      attr_reader :events, :run_list_expansion

      # options: injected, load_items (see Chef::Client).
      def initialize(run_context, run_list_expansion, events, options = {})
        @run_context = run_context
        @run_list_expansion = run_list_expansion
        @events = events
        @injected = options[:injected] || []
        @load_items = options[:load_items]
        @order = nil
      end

      def compile
        compile_libraries
        warn_of_versions
        compile_attributes
        compile_lwrps
        compile_resource_definitions
        compile_recipes
      end

      def node
        @run_context.node
      end

      def cookbook_collection
        @run_context.cookbook_collection
      end

      # Cookbooks of the run list and what they depend on, dependencies first.
      def cookbook_order
        return @order if @order

        @order = []
        seen = {}
        @injected.each do |name|
          visit(name.to_sym, seen) if cookbook_collection.key?(name)
        end
        run_list_expansion.recipes.each do |recipe|
          visit(Chef::Recipe.parse_recipe_name(recipe.to_s).first, seen)
        end
        @order
      end

      def reachable?(cookbook_name)
        cookbook_order.include?(cookbook_name.to_sym)
      end
      alias reachable_cookbooks cookbook_order

      # CORE-1113: what the libraries will require.
      def install_gems
        wanted = cookbook_order.flat_map do |name|
          cookbook_collection[name].metadata.gem.map { |gem| [name, *gem] }
        end
        unless wanted.empty? || Chef::Config[:skip_gem_metadata_installation]
          require 'rightlink/metadata_gems'
          RightLink::MetadataGems.new(@run_context).install(wanted)
        end
        true
      end

      # CORE-1112: what a cookbook asks of Chef is told, not enforced.
      def warn_of_versions
        cookbook_order.each do |name|
          metadata = cookbook_collection[name].metadata
          next if metadata.suits_chef?(Chef::VERSION)

          asked = metadata.chef_versions.map { |c| c.join(', ') }
          Chef::Log.warn("cookbook #{name} asks for Chef " \
                         "#{asked.join(' or ')}; recipes " \
                         "here run as on #{Chef::VERSION} with later words")
        end
      end

      def compile_libraries
        ready = false
        segment(:library, :library_filenames) do |_cookbook, file|
          ready ||= install_gems
          Chef::Log.debug { "Loading library #{file}" }
          Kernel.load(file)
        end
      end

      def compile_attributes
        segment(:attribute, :attribute_filenames) do |cookbook, file|
          names = cookbook_collection[cookbook]
                  .attribute_filenames_by_short_filename
          node.include_attribute("#{cookbook}::#{names.key(file)}")
        end
      end

      # For each cookbook all providers, then all resources (CORE-322).
      def compile_lwrps
        events.lwrp_load_start(
          count(:lwrp_load_start, :provider_filenames, :resource_filenames)
        )
        cookbook_order.each do |cookbook|
          files(cookbook, :provider_filenames).each do |file|
            load_light(Chef::Provider::LWRPBase, cookbook, file)
          end
          files(cookbook, :resource_filenames).each do |file|
            # A part for other resources to `use` (16 and later).
            next if ::File.basename(file).start_with?('_')

            load_light(Chef::Resource::LWRPBase, cookbook, file)
          end
        end
        events.lwrp_load_complete
      end

      def compile_resource_definitions
        segment(:definition, :definition_filenames) do |_cookbook, file|
          list = ResourceDefinitionList.new
          list.from_file(file)
          @run_context.definitions.merge!(list.defines) do |name, _old, new|
            Chef::Log.info("Overriding duplicate definition #{name}, new " \
                           "definition found in #{file}")
            new
          end
        end
      end

      def compile_recipes
        recipes = run_list_expansion.recipes
        events.recipe_load_start(recipes.size)
        if @load_items
          @load_items.call(self, @run_context)
        else
          recipes.each { |recipe| load_recipe(recipe) }
        end
        events.recipe_load_complete
      end

      # One recipe of the run list.
      def load_recipe(recipe)
        @run_context.load_recipe(recipe.to_s)
      rescue Chef::Exceptions::RecipeNotFound => e
        events.recipe_not_found(e)
        raise
      rescue Exception => e # anything a recipe may raise
        events.recipe_file_load_failed(path_of(recipe), e)
        raise
      end

      private

      # `path`: the cookbooks whose dependencies are being visited.
      def visit(name, seen, path = [])
        return warn_of_circle(path, name) if path.include?(name)
        return if seen[name]

        seen[name] = true
        dependencies(name, path).each do |other|
          visit(other.to_sym, seen, path + [name])
        end
        @order << name
      end

      def dependencies(name, path)
        cookbook_collection[name].metadata.dependencies.keys.sort
      rescue Chef::Exceptions::CookbookNotFound => e
        raise if path.empty?

        raise e.exception("#{e.message} (#{place_of(path.last)} says that " \
                          "#{path.last} depends on #{name})")
      end

      # Tolerated as ever (CORE-320), but no order suits both sides.
      def warn_of_circle(path, name)
        circle = path.drop(path.index(name)) + [name]
        Chef::Log.warn("cookbooks depend on each other in a circle: #{circle.join(' -> ')} " \
                       "(#{place_of(path.last)}); #{path.last} is loaded before #{name}")
      end

      # metadata.rb is read before metadata.json.
      def place_of(name)
        cookbook_collection[name].root_filenames
                                 .grep(%r{/metadata\.(rb|json)\z}).max ||
          "the metadata of #{name}"
      end

      # start event, every file with its loaded or failed event, complete event.
      def segment(kind, reader)
        start = :"#{kind}_load_start"
        events.__send__(start, count(start, reader))
        cookbook_order.each do |cookbook|
          files(cookbook, reader).each do |file|
            reporting(kind, file) { yield cookbook, file }
          end
        end
        events.__send__(:"#{kind}_load_complete")
      end

      def reporting(kind, file)
        yield
        events.__send__(:"#{kind}_file_loaded", file)
      rescue Exception => e # anything a cookbook may raise, exit included
        events.__send__(:"#{kind}_file_load_failed", file, e)
        raise
      end

      def load_light(base, cookbook, file)
        reporting(:lwrp, file) do
          Chef::Log.debug do
            "Loading cookbook #{cookbook}'s light-weight file #{file}"
          end
          base.build_from_file(cookbook.to_s, file, @run_context)
        end
      end

      def path_of(recipe)
        @run_context.recipe_path(*Chef::Recipe.parse_recipe_name(recipe.to_s))
      rescue StandardError
        recipe.to_s
      end

      # Ascending by path; default.rb comes first among attributes.
      def files(cookbook_name, reader)
        list = cookbook_collection[cookbook_name].public_send(reader).sort
        return list unless reader == :attribute_filenames

        default = cookbook_collection[cookbook_name]
                  .attribute_filenames_by_short_filename['default']
        first, rest = list.partition { |file| file == default }
        first + rest
      end

      # Files of the kind in all cookbooks, when somebody listens.
      def count(event, *readers)
        return 0 unless events.respond_to?(:listens?) && events.listens?(event)

        cookbook_collection.each_value.sum do |cookbook|
          readers.sum { |reader| cookbook.public_send(reader).size }
        end
      end
    end
  end
end
