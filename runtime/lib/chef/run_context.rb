# SPDX-License-Identifier: MIT
#
# What one run knows while it compiles and converges: node, cookbooks,
# collection, definitions, notifications, what was loaded (CORE-825). Actions of
# light-weight providers run in a child context with a collection of its own
# (CORE-712).

require 'chef/resource_collection'
require 'chef/run_context/reboot'

class Chef
  class RunContext
    include Reboot

    LAST_CLONING = '12.22.5'

    attr_reader :node, :cookbook_collection, :definitions, :events,
                :loaded_recipes_hash, :loaded_attributes_hash,
                :immediate_notification_collection,
                :delayed_notification_collection,
                :before_notification_collection
    attr_accessor :resource_collection, :unified_mode, :cloning

    def initialize(node, cookbook_collection, events)
      @node = node
      @cookbook_collection = cookbook_collection
      @definitions = {}
      @events = events
      @loaded_recipes_hash = {}
      @loaded_attributes_hash = {}
      @cloning = Chef::Config[:resource_cloning] != false
      @words = {}
      @words_generation = Chef::Resource.generation
      start_collection(nil)
      node.run_context = self if node.respond_to?(:run_context=)
    end

    # --- compile --------------------------------------------------------------

    def load(expansion, options = {})
      require 'chef/run_context/cookbook_compiler'
      @compiler = CookbookCompiler.new(self, expansion, events, options)
      @compiler.compile
    end

    def cookbook_compiler
      @compiler
    end

    # What a word of the recipe language means here: a class, or nil.
    def resource_class(word)
      if @words_generation != Chef::Resource.generation
        @words = {}
        @words_generation = Chef::Resource.generation
      end
      @words[word] ||
        (found = Chef::Resource.resource_matching_node(word, node)) &&
          @words[word] = found
    end

    def include_recipe(*names, current_cookbook: nil)
      names.flatten.filter_map do |name|
        load_recipe(name, current_cookbook: current_cookbook)
      end
    end

    # The recipe object, or false when it was loaded before (CORE-331).
    def load_recipe(name, current_cookbook: nil)
      Chef::Log.debug { "Loading Recipe #{name} via include_recipe" }
      cookbook_name, recipe_name = Chef::Recipe.parse_recipe_name(
        name, current_cookbook: current_cookbook
      )
      warn_undeclared(cookbook_name, name)
      if loaded_fully_qualified_recipe?(cookbook_name, recipe_name)
        Chef::Log.debug do
          "I am not loading #{name}, because I have already seen it."
        end
        return false
      end
      loaded_recipe(cookbook_name, recipe_name)
      note_recipe_on_node(cookbook_name, recipe_name)
      read_recipe(cookbook_name, recipe_name)
    end

    # A recipe file outside any cookbook.
    def load_recipe_file(path)
      unless ::File.exist?(path)
        raise Chef::Exceptions::RecipeNotFound,
              "could not find recipe file #{path}"
      end
      recipe = Chef::Recipe.new('@recipe_files', path, self)
      recipe.from_file(path)
      recipe
    end

    # The file of a recipe; RecipeNotFound when there is none.
    def recipe_path(cookbook_name, recipe_name)
      files = cookbook_collection[cookbook_name].recipe_filenames_by_name
      files[recipe_name] ||
        raise(Chef::Exceptions::RecipeNotFound,
              "could not find recipe #{recipe_name} for cookbook " \
              "#{cookbook_name}" +
              RightLink::Suggest.phrase(recipe_name, files.keys))
    end

    def resolve_attribute(cookbook_name, attribute_file)
      cookbook = cookbook_collection[cookbook_name.to_sym]
      unless cookbook
        raise Chef::Exceptions::CookbookNotFound,
              "could not find cookbook #{cookbook_name} while loading " \
              "attribute #{attribute_file}"
      end
      cookbook.attribute_filenames_by_short_filename[attribute_file] ||
        raise(Chef::Exceptions::AttributeNotFound,
              'could not find filename for attribute ' \
              "#{attribute_file} in cookbook #{cookbook_name}")
    end

    def loaded_recipe(cookbook_name, recipe_name)
      @loaded_recipes_hash["#{cookbook_name}::#{recipe_name}"] = true
    end

    def loaded_recipes
      @loaded_recipes_hash.keys
    end

    def loaded_recipe?(name)
      loaded_fully_qualified_recipe?(*Chef::Recipe.parse_recipe_name(name))
    end

    def loaded_fully_qualified_recipe?(cookbook_name, recipe_name)
      @loaded_recipes_hash.key?("#{cookbook_name}::#{recipe_name}")
    end

    def loaded_attribute(cookbook_name, attribute_file)
      @loaded_attributes_hash["#{cookbook_name}::#{attribute_file}"] = true
    end

    def loaded_attributes
      @loaded_attributes_hash.keys
    end

    def loaded_fully_qualified_attribute?(cookbook_name, attribute_file)
      @loaded_attributes_hash.key?("#{cookbook_name}::#{attribute_file}")
    end

    def has_template_in_cookbook?(cookbook_name, template_name)
      cookbook_collection[cookbook_name].has_template_for_node?(
        node, template_name
      )
    end

    def has_cookbook_file_in_cookbook?(cookbook_name, file_name)
      cookbook_collection[cookbook_name].has_cookbook_file_for_node?(
        node, file_name
      )
    end

    # --- notifications (CORE-61x) ---------------------------------------------

    def notifies_immediately(notification)
      add_to(@immediate_notification_collection, notification)
    end

    def notifies_delayed(notification)
      add_to(@delayed_notification_collection, notification)
    end

    def notifies_before(notification)
      add_to(@before_notification_collection, notification)
    end

    def immediate_notifications(resource)
      edges(@immediate_notification_collection, resource)
    end

    def delayed_notifications(resource)
      own = edges(@delayed_notification_collection, resource)
      forwarded = @forwarded.delete(resource)
      forwarded ? own + forwarded : own
    end

    def before_notifications(resource)
      edges(@before_notification_collection, resource)
    end

    # Asked before each action (CORE-1106).
    def notify_before(resource, action)
      edges = before_notifications(resource)
      return if edges.empty?

      require 'chef/run_context/before'
      Before.new(self, resource, action).run(edges)
    end

    # False: nothing was notified anywhere, the lookups can be left out.
    def notifications?
      @notifications
    end

    def resolve_notifications_of(resource)
      return unless notifications?

      key = resource.to_s
      [@immediate_notification_collection, @delayed_notification_collection,
       @before_notification_collection].each do |table|
        next unless (list = table[key])

        list.each { |edge| resolve(edge) }
      end
    end

    # --- the rest -------------------------------------------------------------

    def root_run_context
      self
    end

    def parent_run_context
      nil
    end

    # Does a declaration in that cookbook take over what an earlier one of the
    # same text was given (CORE-550)? Not where it is written for releases that
    # no longer do that (CORE-1109).
    def clones?(cookbook_name)
      return false if !cloning || unified_mode

      cookbook = cookbook_name && cookbook_collection
      return true unless cookbook && cookbook.key?(cookbook_name)

      cookbook[cookbook_name].metadata.suits_chef?(LAST_CLONING)
    end

    # For an action of one resource with resources inside.
    def create_child(enclosing = nil)
      ChildRunContext.new(self, enclosing)
    end

    # The resource was declared by a word that is not its own name; the text
    # finds it and subscriptions to it (CORE-1103).
    def known_as(text, resource)
      resource_collection.known_as(text, resource)
      @second_names[resource] = text
    end

    # A resource inside `enclosing` notifies one outside: queued with the
    # enclosing one's own (CORE-712).
    def forward_delayed(edge, enclosing)
      @notifications = true
      (@forwarded[enclosing] ||= []) << edge
    end

    # In unified mode a resource is converged when it is declared (CORE-1110).
    def declared(resource)
      unified.declared(resource)
    end

    # An action for the end of the converge that nobody notifies.
    def request_delayed(edge)
      @requested << edge
    end

    def finish_delayed
      until @requested.empty?
        unified.queue(@requested.shift)
        unified.finish
      end
    end

    def unified
      require 'chef/run_context/unified'
      @unified ||= Unified.new(self)
    end

    def open_stream(options = {})
      require 'chef/event_dispatch/stream'
      stream = Chef::EventDispatch::Stream.new(events, options)
      return stream unless block_given?

      begin
        yield stream
      ensure
        stream.close
      end
    end

    def inspect
      "#<#{self.class} #{resource_collection.size} resources>"
    end

    private

    def start_collection(parent_collection)
      @resource_collection = ResourceCollection.new(parent_collection)
      @immediate_notification_collection = {}
      @delayed_notification_collection = {}
      @before_notification_collection = {}
      @forwarded = {}.compare_by_identity
      @second_names = {}.compare_by_identity
      @requested = []
      @notifications = false
      @unified_mode = false
    end

    # In unified mode the target may be declared later.
    def resolve(edge)
      edge.resolve_resource_reference(resource_collection)
    rescue Chef::Exceptions::ResourceNotFound
      raise unless unified_mode
    end

    def add_to(table, notification)
      @notifications = true
      notifier = notification.notifying_resource
      (table[notifier.to_s] ||= []) << notification
    end

    def edges(table, resource)
      own = table[resource.to_s] || []
      second = @second_names[resource]
      second && table.key?(second) ? own + table[second] : own
    end

    def read_recipe(cookbook_name, recipe_name)
      path = recipe_path(cookbook_name, recipe_name)
      Chef::Log.debug { "Found recipe #{recipe_name} in cookbook #{cookbook_name}" }
      recipe = Chef::Recipe.new(cookbook_name, recipe_name, self)
      recipe.from_file(path)
      events.recipe_file_loaded(path, recipe)
      recipe
    end

    def note_recipe_on_node(cookbook_name, recipe_name)
      return unless node.respond_to?(:loaded_recipe)

      node.loaded_recipe(cookbook_name, recipe_name)
    end

    # CORE-321: loaded, but its attributes and resources are not.
    def warn_undeclared(cookbook_name, recipe)
      compiler = cookbook_compiler
      return if compiler.nil? || compiler.reachable?(cookbook_name)

      Chef::Log.warn(<<-TEXT.gsub(/^ {8}/, '').tr("\n", ' ').strip)
        MissingCookbookDependency: Recipe `#{recipe}` is not in the run_list,
        and cookbook '#{cookbook_name}' is not a dependency of any cookbook in
        the run_list. To load this recipe, first add a dependency on cookbook
        '#{cookbook_name}' in the cookbook you're including it from in that
        cookbook's metadata.
      TEXT
    end
  end

  # The context of one provider's inline resources. What it does not own it
  # asks its parent for.
  class ChildRunContext < RunContext
    attr_reader :parent_run_context

    def initialize(parent, enclosing = nil)
      @parent_run_context = parent
      @enclosing = enclosing
      @node = parent.node
      @cookbook_collection = parent.cookbook_collection
      @definitions = parent.definitions
      @events = parent.events
      @loaded_recipes_hash = parent.loaded_recipes_hash
      @loaded_attributes_hash = parent.loaded_attributes_hash
      @cloning = parent.cloning
      @words = {}
      @words_generation = -1
      start_collection(parent.resource_collection)
    end

    def cookbook_compiler
      parent_run_context.cookbook_compiler
    end

    def root_run_context
      parent_run_context.root_run_context
    end

    # Those for resources here; the others wait in the parent's queue.
    def delayed_notifications(resource)
      inner, outer = super.partition { |edge| @enclosing.nil? || here?(edge) }
      outer.each do |edge|
        parent_run_context.forward_delayed(edge, @enclosing)
      end
      inner
    end

    # An action that calls another action of the same resource.
    def forward_delayed(edge, enclosing)
      return super unless enclosing.equal?(@enclosing)

      parent_run_context.forward_delayed(edge, enclosing)
    end

    def notifications?
      @notifications || parent_run_context.notifications?
    end

    private

    def here?(edge)
      target = edge.resource
      !target.is_a?(Chef::Resource) || target.run_context.equal?(self)
    end

    # Own edges, then subscriptions that outer resources made by text: those
    # know the notifier only by its name.
    def edges(table, resource)
      own = super
      outer = outer_subscriptions(table, resource)
      outer.empty? ? own : own + outer
    end

    def outer_subscriptions(table, resource)
      outer =
        if table.equal?(@immediate_notification_collection)
          parent_run_context.immediate_notifications(resource)
        elsif table.equal?(@delayed_notification_collection)
          parent_run_context.delayed_notifications(resource)
        else
          parent_run_context.before_notifications(resource)
        end
      outer.select { |edge| edge.notifying_resource.is_a?(Resource::NotifierText) }
    end
  end
end
