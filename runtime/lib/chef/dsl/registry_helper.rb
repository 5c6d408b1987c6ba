# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/exceptions"

class Chef
  module DSL
    # The registry of another system: the words exist and say so.
    module RegistryHelper
      %i[registry_key_exists? registry_get_values registry_has_subkeys?
         registry_get_subkeys registry_value_exists? registry_data_exists?].each do |name|
        define_method(name) { |*| raise Exceptions::Win32NotWindows, "#{name} works on Windows only" }
      end
    end
  end
end
