# SPDX-License-Identifier: MIT
# frozen_string_literal: true

module Ohai
  module Exception
    class Error < StandardError; end
    class Exec < Error; end
    class InvalidPlugin < Error; end
    class InvalidPluginName < InvalidPlugin; end
    class IllegalPluginDefinition < InvalidPlugin; end
    class AttributeNotFound < Error; end
    class ProviderNotFound < Error; end
    class DependencyNotFound < Error; end
    class DependencyCycle < Error; end
  end
end
