# SPDX-License-Identifier: MIT
#
# chef_sleep of Chef 15.5 and later.

class Chef
  class Resource
    class ChefSleep < Chef::Resource
      unified_mode true
      description 'a pause of the run'
      examples <<~RECIPE
        chef_sleep "wait for the service" do
          seconds 5
        end
      RECIPE

      property :seconds, [String, Integer], name_property: true, coerce: proc { |s| Integer(s) },
               callbacks: { 'must not be negative' => ->(n) { n >= 0 } }, description: 'how long'

      action :sleep, description: 'wait' do
        converge_by("sleep for #{new_resource.seconds} seconds") { sleep(new_resource.seconds) }
      end
    end
  end
end
