# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/exceptions"

class Chef
  # JSON with the manners of Chef (CORE-822): comments and duplicate keys are
  # read, symbols are written as strings, `json_class` makes objects.
  class JSONCompat
    JSON_MAX_NESTING = 1000
    JSON_CLASS = "json_class"

    # json_class value => file that defines it (CORE-833).
    KNOWN = {
      "Chef::ApiClient" => "chef/api_client",
      "Chef::Checksum" => "chef/checksum",
      "Chef::CookbookVersion" => "chef/cookbook_version",
      "Chef::DataBag" => "chef/data_bag",
      "Chef::DataBagItem" => "chef/data_bag_item",
      "Chef::Environment" => "chef/environment",
      "Chef::Node" => "chef/node",
      "Chef::Role" => "chef/role",
      "Chef::ResourceCollection" => "chef/resource_collection",
    }.freeze

    class << self
      # Plain values: Hash, Array, String, numbers, true, false, nil.
      def parse(source, opts = {})
        library.parse(source, { max_nesting: JSON_MAX_NESTING, create_additions: false }.merge(opts))
      rescue ::StandardError => e
        raise if e.is_a?(Exceptions::JSON::ParseError)

        require "rightlink/json_fault"
        raise Exceptions::JSON::ParseError, RightLink::JsonFault.text(source) || e.message
      end

      # The object in a file; errors begin with its path. `what` names it.
      def object_from_file(path, what)
        data = parse(File.read(path, encoding: "BOM|UTF-8"))
        return data if data.is_a?(Hash)

        raise Exceptions::JSON::ParseError, "#{what} must be a JSON object"
      rescue Exceptions::JSON::ParseError => e
        raise Exceptions::JSON::ParseError, "#{path}: #{e.message}"
      end

      def from_json(source, opts = {})
        source = source.read if source.respond_to?(:read)
        inflate = opts[:create_additions] != false
        value = parse(source.to_str)
        inflate ? map_to_rb_obj(value) : value
      end

      # Objects for every Hash with a json_class, inner ones first.
      def map_to_rb_obj(value)
        case value
        when Hash
          value.each { |k, v| value[k] = map_to_rb_obj(v) }
          return value unless value.key?(JSON_CLASS)

          inflate(value)
        when Array
          value.map { |v| map_to_rb_obj(v) }
        else value
        end
      end
      alias_method :map_hash_to_rb_obj, :map_to_rb_obj

      def to_json(obj, opts = nil)
        library.generate(encodable(obj), *opts)
      rescue ::StandardError => e
        raise Exceptions::JSON::EncodeError, e.message
      end

      def to_json_pretty(obj, opts = nil)
        library.pretty_generate(encodable(obj), *opts)
      rescue ::StandardError => e
        raise Exceptions::JSON::EncodeError, e.message
      end

      def class_for_json_class(name)
        return nil if name.nil?

        if name.start_with?("Chef::Resource") && name != "Chef::ResourceCollection"
          constant(name) || unsupported(name)
        elsif KNOWN.key?(name)
          require KNOWN[name] if KNOWN[name]
          constant(name)
        else
          unsupported(name)
        end
      end

      private

      def inflate(hash)
        klass = class_for_json_class(hash[JSON_CLASS])
        klass.respond_to?(:json_create) ? klass.json_create(hash) : hash
      end

      def unsupported(name)
        raise Exceptions::JSON::ParseError, "Unsupported `json_class` type '#{name}'"
      end

      def constant(name)
        name.split("::").inject(Object) do |outer, part|
          return nil unless outer.const_defined?(part, false)

          outer.const_get(part, false)
        end
      end

      # An object that knows its data is written as that data.
      def encodable(obj)
        obj.respond_to?(:for_json) ? obj.for_json : obj
      end

      def library
        require "json" unless defined?(::JSON::Ext)
        ::JSON
      end
    end
  end
end
