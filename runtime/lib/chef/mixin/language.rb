# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/mixin/deprecation"
require "chef/dsl/platform_introspection"
require "chef/dsl/data_query"

# The names that mixins had before they moved to Chef::DSL (CORE-816).
class Chef
  module Mixin
    module DeprecatedLanguage
      include DSL::PlatformIntrospection
      include DSL::DataQuery
    end
    private_constant :DeprecatedLanguage

    deprecate_constant(:Language, -> { DeprecatedLanguage },
                       "Chef::Mixin::Language is deprecated, use Chef::DSL::PlatformIntrospection " \
                       "and Chef::DSL::DataQuery instead")
    deprecate_constant(:LanguageIncludeRecipe,
                       -> { require("chef/dsl/include_recipe"); DSL::IncludeRecipe },
                       "Chef::Mixin::LanguageIncludeRecipe is deprecated, " \
                       "use Chef::DSL::IncludeRecipe instead")
    deprecate_constant(:LanguageIncludeAttribute,
                       -> { require("chef/dsl/include_attribute"); DSL::IncludeAttribute },
                       "Chef::Mixin::LanguageIncludeAttribute is deprecated, " \
                       "use Chef::DSL::IncludeAttribute instead")
    deprecate_constant(:RecipeDefinitionDSLCore,
                       -> { require("chef/dsl/recipe"); DSL::Recipe },
                       "Chef::Mixin::RecipeDefinitionDSLCore is deprecated, use Chef::DSL::Recipe instead")
  end
end
