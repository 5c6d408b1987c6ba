# SPDX-License-Identifier: MIT

require 'rightlink/gems'

module RightLink
  # Gems that the metadata of cookbooks asks for (CORE-1113), there before the
  # libraries load.
  class MetadataGems
    def initialize(run_context)
      @run_context = run_context
    end

    # wanted: [cookbook, gem, requirement, …] each. What cannot be had is told;
    # whether it is missed, the libraries show.
    def install(wanted)
      wanted.each do |cookbook, name, *rest|
        requirements = rest.grep(String)
        next if there?(name, requirements)

        bring(name, requirements)
      rescue StandardError => e
        Chef::Log.warn("cookbook #{cookbook} asks for the gem #{name}, which cannot be installed: #{e.message}")
      end
    end

    private

    def there?(name, requirements)
      Gem::Specification.find_by_name(name, *requirements)
      true
    rescue Gem::MissingSpecError
      false
    end

    def bring(name, requirements)
      gem = Chef::Resource::ChefGem.new(name, @run_context)
      gem.version(requirements.join(', ')) unless requirements.empty?
      gem.run_action(:install)
      Gems.refresh
    end
  end
end
