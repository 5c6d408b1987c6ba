# SPDX-License-Identifier: MIT
# frozen_string_literal: true

class Chef
  class RunList
    # One word of a run list (CORE-201).
    class RunListItem
      RECIPE = /\Arecipe\[([^\]@]+)(?:@([0-9]+\.[0-9]+(?:\.[0-9]+)?))?\]\z/
      ROLE = /\Arole\[([^\]]+)\]\z/
      VERSIONED = /\A([^@]+)@([0-9]+\.[0-9]+(?:\.[0-9]+)?)\z/
      BRACKETS = /[\[\]]/

      attr_reader :name, :type, :version

      def initialize(item)
        @version = nil
        case item
        when Hash then from_hash(item)
        when String, Symbol then from_text(item.to_s)
        else
          raise ArgumentError, "Unable to create #{self.class} from " \
                               "#{item.class}:#{item.inspect}: must be a Hash or String"
        end
      end

      def to_s
        "#{@type}[#{@name}#{"@#{@version}" if @version}]"
      end

      def role?
        @type == :role
      end

      def recipe?
        @type == :recipe
      end

      def ==(other)
        if other.is_a?(String)
          to_s == other
        else
          other.respond_to?(:type) && other.respond_to?(:name) &&
            other.respond_to?(:version) && other.type == @type &&
            other.name == @name && other.version == @version
        end
      end
      alias_method :eql?, :==

      def hash
        to_s.hash
      end

      def inspect
        "#<#{self.class} #{self}>"
      end

      private

      def from_hash(hash)
        @type = (hash["type"] || hash[:type]).to_sym
        @name = hash["name"] || hash[:name]
        @version = hash["version"] || hash[:version]
        return if %i[recipe role].include?(@type) && @name

        raise ArgumentError, "Unable to create #{self.class} from Hash:#{hash.inspect}: " \
                             "must have a type (recipe, role) and a name"
      end

      # Blanks around the text are not part of a name.
      def from_text(text)
        word = text.strip
        if (match = RECIPE.match(word))
          @type, @name, @version = :recipe, match[1], match[2]
        elsif (match = ROLE.match(word))
          @type, @name = :role, match[1]
        elsif (match = VERSIONED.match(word)) && !word.match?(BRACKETS)
          @type, @name, @version = :recipe, match[1], match[2]
        elsif word.match?(BRACKETS)
          raise ArgumentError, "Unable to create #{self.class} from " \
                               "String:\"#{text}\": must be recipe[] or role[]"
        else
          @type, @name = :recipe, word
        end
      end
    end
  end
end
