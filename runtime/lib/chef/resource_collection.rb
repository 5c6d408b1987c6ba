# SPDX-License-Identifier: MIT
#
# The resources of a run in order, with an index by "type[name]" (CORE-53x) and
# a moving insertion point while it is being converged (CORE-640).

class Chef
  class ResourceCollection
    autoload :StepableIterator, 'chef/resource_collection/stepable_iterator'
    include Enumerable

    SPEC = /\A([^\[\]]+)\[(.+)\]\z/m.freeze

    attr_reader :iterator
    # The collection of the enclosing run context, or nil.
    attr_accessor :parent

    def initialize(parent = nil)
      @resources = []
      @by_key = {}
      @second_names = {}
      @insert_at = nil
      @iterator = nil
      @parent = parent
    end

    def all_resources
      @resources
    end
    alias to_a all_resources

    # While converging: right behind the running resource; else at the end.
    def insert(resource, resource_type: nil, instance_name: nil)
      need_resource(resource)
      if @insert_at
        @resources.insert(@insert_at, resource)
        @insert_at += 1
      else
        @resources << resource
      end
      key = resource_type ? "#{resource_type}[#{instance_name}]" : resource.to_s
      @by_key[key] = resource
    end
    alias insert_after_current insert

    def <<(*resources)
      resources.flatten.each do |resource|
        need_resource(resource)
        @resources << resource
        @by_key[resource.to_s] = resource
      end
      self
    end
    alias push <<

    def []=(index, resource)
      need_resource(resource)
      @resources[index] = resource
      @by_key[resource.to_s] = resource
    end

    def [](index)
      @resources[index]
    end

    def each(&block)
      @resources.each(&block)
    end

    def each_index(&block)
      @resources.each_index(&block)
    end

    def size
      @resources.size
    end
    alias length size

    def empty?
      @resources.empty?
    end

    def keys
      @by_key.keys
    end

    # Another text that finds the resource.
    def known_as(key, resource)
      @second_names[key] = resource
    end

    # Removes the newest resource of that text; nil when there is none.
    def delete(key)
      key = key_of(key)
      found = @by_key.delete(key) || @second_names[key]
      [@by_key, @second_names].each do |names|
        names.delete_if { |_, resource| resource.equal?(found) }
      end
      @resources.delete_if { |resource| resource.equal?(found) } if found
      found
    end

    # One resource by its text or by a resource; raises when absent.
    def lookup(key)
      peek(key_of(key)) ||
        raise(Chef::Exceptions::ResourceNotFound,
              "Cannot find a resource matching #{key_of(key)} " \
              '(did you define it first?)')
    end

    # The newest resource of that text here (not in enclosing collections).
    def prior(key)
      @by_key[key]
    end

    # As prior, through the enclosing collections; nil when absent.
    def peek(key)
      @by_key[key] || @second_names[key] || alias_of(key) || (@parent && @parent.peek(key))
    end

    # "type[name]", "type[a,b]", {type => names}, several of them: the resource,
    # or an array when there is more than one (CORE-530).
    def find(*specs)
      return super() if specs.empty? && block_given?

      found = specs.flat_map { |spec| find_spec(spec) }
      found.size == 1 ? found[0] : found
    end
    alias resources find

    # ArgumentError family when the text or object names no resource.
    def validate_lookup_spec!(spec)
      case spec
      when SPEC, Chef::Resource, Hash
        true
      when String
        raise Chef::Exceptions::InvalidResourceSpecification,
              "The string `#{spec}' is not valid for resource collection " \
              "lookup. Correct syntax is `resource_type[resource_name]'"
      else
        raise Chef::Exceptions::InvalidResourceSpecification,
              "The object `#{spec.inspect}' is not valid for resource " \
              'collection lookup. Use a String like ' \
              '`resource_type[resource_name]` or a Chef::Resource object'
      end
    end

    # Runs the block for each resource, those inserted meanwhile too.
    def execute_each_resource(&block)
      index = 0
      while index && index < @resources.size
        stand_at(index)
        block.call(@resources[index])
        index = next_index(index)
      end
    ensure
      stand_nowhere
    end

    # The resource at index is about to run: insertions go behind it.
    def stand_at(index)
      @insert_at = index + 1
      @iterator ||= StepableIterator.for_collection(@resources)
      @iterator.position = index + 1
    end

    # The index after it, or nil when the iterator was paused.
    def next_index(_index)
      @iterator.paused? ? nil : @iterator.position
    end

    # Converging is over: insertions go to the end again.
    def stand_nowhere
      @insert_at = nil
      @iterator = nil
    end

    def to_json(*options)
      Chef::JSONCompat.to_json(to_hash, *options)
    end

    def to_hash
      {
        'json_class' => self.class.name,
        'instance_vars' => {
          '@insert_after_idx' => nil, '@resources' => @resources,
          '@resources_by_name' => @by_key.transform_values do |resource|
            @resources.index { |other| other.equal?(resource) }
          end
        }
      }
    end

    def self.json_create(hash)
      collection = new
      hash['instance_vars']['@resources'].each { |r| collection << r }
      collection
    end

    private

    def need_resource(resource)
      return if resource.is_a?(Chef::Resource)

      raise ArgumentError, 'Must only have Chef::Resource objects in a ' \
                           "resource collection, not #{resource.class}"
    end

    def key_of(key)
      case key
      when String then key
      when Chef::Resource then key.to_s
      else
        raise ArgumentError, 'Must pass a Chef::Resource or String to lookup'
      end
    end

    # A cookbook "my-app" declares my-app[x]; my_app[x] finds it too (CORE-701).
    def alias_of(key)
      type, name = key.split('[', 2)
      return nil unless name && type.include?('_')

      @by_key.each_value do |resource|
        word = resource.resource_name.to_s
        next unless word.include?('-') && word.tr('-', '_') == type
        return resource if resource.to_s.split('[', 2)[1] == name
      end
      nil
    end

    def find_spec(spec)
      case spec
      when Hash
        spec.flat_map do |type, names|
          Array(names).map { |name| lookup("#{type}[#{name}]") }
        end
      when String
        find_text(spec)
      when Chef::Resource
        [lookup(spec)]
      else
        raise Chef::Exceptions::InvalidResourceSpecification,
              "The object `#{spec.inspect}' is not valid for resource " \
              'collection lookup. Use a String like ' \
              '`resource_type[resource_name]` or a Chef::Resource object'
      end
    end

    def find_text(text)
      whole = peek(text)
      return [whole] if whole

      match = SPEC.match(text)
      unless match
        raise ArgumentError, "Bad string format #{text}, you must have a " \
                             'string like resource_type[name]!'
      end
      match[2].split(',').map { |name| lookup("#{match[1]}[#{name}]") }
    end
  end
end
