# SPDX-License-Identifier: MIT
#
# Formatters by name. The shipped ones load when they are asked for.

class Chef
  module Formatters
    autoload :Base, 'chef/formatters/base'
    autoload :Doc, 'chef/formatters/doc'
    autoload :Minimal, 'chef/formatters/minimal'
    autoload :NullFormatter, 'chef/formatters/base'
    autoload :ErrorInspectors, 'chef/formatters/error_inspectors'
    autoload :ErrorDescription, 'chef/formatters/error_description'

    SHIPPED = { 'doc' => :Doc, 'min' => :Minimal, 'minimal' => :Minimal,
                'null' => :NullFormatter }.freeze

    class UnknownFormatter < StandardError
    end

    @by_name = {}

    class << self
      def register(name, klass)
        @by_name[name.to_s] = klass
      end

      def by_name(name)
        shipped = SHIPPED[name.to_s]
        const_get(shipped) if shipped && !@by_name.key?(name.to_s)
        @by_name[name.to_s]
      end

      def available_formatters
        SHIPPED.keys | @by_name.keys
      end

      def new(name, out, err)
        klass = by_name(name.to_s)
        unless klass
          raise UnknownFormatter,
                "No output formatter found for #{name} (available: " \
                "#{available_formatters.join(', ')})" +
                RightLink::Suggest.phrase(name, available_formatters)
        end
        klass.new(out, err)
      end
    end
  end
end
