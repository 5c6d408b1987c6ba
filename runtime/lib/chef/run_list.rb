# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/run_list/run_list_item"

class Chef
  # An ordered list of recipes and roles (CORE-203).
  class RunList
    include Enumerable

    autoload :RunListExpansion, "chef/run_list/run_list_expansion"
    autoload :RunListExpansionFromDisk, "chef/run_list/run_list_expansion"
    autoload :VersionedRecipeList, "chef/run_list/versioned_recipe_list"

    attr_reader :run_list_items
    alias_method :run_list, :run_list_items

    # The constructor keeps duplicates; additions drop them.
    def initialize(*items)
      @run_list_items = items.flatten.map { |i| RunList.item(i) }
    end

    def self.item(item)
      item.is_a?(RunListItem) ? item : RunListItem.new(item)
    end

    def <<(item)
      item = RunList.item(item)
      @run_list_items << item unless @run_list_items.include?(item)
      self
    end
    alias_method :push, :<<
    alias_method :add, :<<

    def ==(other)
      if other.is_a?(RunList)
        other.run_list_items == @run_list_items
      else
        other.respond_to?(:map) && other.map { |i| RunList.item(i) } == @run_list_items
      end
    end

    def to_s
      @run_list_items.join(", ")
    end

    def for_json
      @run_list_items.map(&:to_s)
    end

    def to_json(*args)
      require "chef/json_compat"
      JSONCompat.to_json(for_json, *args)
    end

    def empty?
      @run_list_items.empty?
    end

    def [](position)
      @run_list_items[position]
    end

    def []=(position, item)
      @run_list_items[position] = RunList.item(item)
    end

    def each(&block)
      @run_list_items.each(&block)
    end

    def each_index(&block)
      @run_list_items.each_index(&block)
    end

    def size
      @run_list_items.size
    end
    alias_method :length, :size

    def include?(item)
      @run_list_items.include?(RunList.item(item))
    end

    def reset!(*args)
      @run_list_items.clear
      args.flatten.each { |item| self << item }
      self
    end

    def reset(*args)
      reset!(*args)
    end

    def remove(item)
      item = RunList.item(item)
      @run_list_items.delete_if { |i| i == item }
      self
    end
    alias_method :delete, :remove

    def role_names
      @run_list_items.select(&:role?).map(&:name)
    end
    alias_method :roles, :role_names

    def recipe_names
      @run_list_items.select(&:recipe?).map(&:name)
    end
    alias_method :recipes, :recipe_names

    # Roles come from disk whatever data_source says (CORE-210).
    def expand(environment, _data_source = "disk", _options = {})
      expansion = RunListExpansionFromDisk.new(environment, @run_list_items)
      expansion.expand
      expansion
    end

    def initialize_copy(orig)
      super
      @run_list_items = orig.run_list_items.dup
    end

    def inspect
      "#<#{self.class} #{self}>"
    end
  end
end
