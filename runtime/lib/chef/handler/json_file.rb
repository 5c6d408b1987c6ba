# SPDX-License-Identifier: MIT
#
# Writes each run's report as JSON into a directory (CORE-122).

require 'fileutils'
require 'chef/handler'

class Chef
  class Handler
    class JsonFile < Chef::Handler
      attr_reader :config

      def initialize(config = {})
        @config = { path: '/var/chef/reports' }.merge(config)
      end

      def report
        if exception
          Chef::Log.error('Creating JSON exception report')
        else
          Chef::Log.info('Creating JSON run report')
        end
        FileUtils.mkdir_p(config[:path])
        ::File.chmod(0o700, config[:path])
        name = "chef-run-report-#{Time.now.strftime('%Y%m%d%H%M%S')}.json"
        path = ::File.join(config[:path], name)
        run_data = data
        run_data[:start_time] = run_data[:start_time].to_s
        run_data[:end_time] = run_data[:end_time].to_s
        ::File.open(path, 'w', 0o600) do |file|
          file.puts Chef::JSONCompat.to_json_pretty(run_data)
        end
      end
    end
  end
end
