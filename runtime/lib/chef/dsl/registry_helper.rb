# SPDX-License-Identifier: MIT
class Chef
  module DSL
    # The registry is of another system; the words exist to say so.
    module RegistryHelper
      %i[registry_key_exists? registry_get_values registry_has_subkeys?
         registry_get_subkeys registry_value_exists?
         registry_data_exists?].each do |word|
        define_method(word) do |*|
          raise Chef::Exceptions::Win32NotWindows,
                "#{word} works on Windows only"
        end
      end
    end
  end
end
