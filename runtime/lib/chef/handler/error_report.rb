# SPDX-License-Identifier: MIT
#
# Writes what is known about a failed run into the cache (CORE-122).

require 'chef/handler'

class Chef
  class Handler
    class ErrorReport < Chef::Handler
      def report
        Chef::FileCache.store('failed-run-data.json',
                              Chef::JSONCompat.to_json_pretty(data), 0o640)
        Chef::Log.fatal('Saving node information to ' +
                        Chef::FileCache.load('failed-run-data.json', false))
      end
    end
  end
end
