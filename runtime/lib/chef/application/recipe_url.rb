# SPDX-License-Identifier: MIT
#
# A tarball of cookbooks, unpacked beside the cookbook path (CORE-140).

require 'fileutils'

class Chef
  class Application
    class RecipeUrl
      def initialize(url)
        @url = url.to_s
      end

      def unpack
        parent = directory
        FileUtils.mkdir_p(parent)
        tarball = ::File.join(parent, 'recipes.tgz')
        bring(tarball)
        out, err, status = RightLink::Native.shell_out(
          ['tar', 'zxvf', tarball, '-C', parent], timeout: 600
        )
        Chef::Log.debug { out }
        return if status == 0

        fail!("tar cannot unpack '#{tarball}': #{err.to_s.strip}")
      end

      private

      # The parent of the cookbook path that ends in /cookbooks.
      def directory
        path = Array(Chef::Config[:cookbook_path]).find do |entry|
          entry.to_s.match?(%r{/cookbooks/*\z})
        end
        fail!('cookbook_path has no entry that ends in /cookbooks') unless path
        ::File.expand_path('..', path)
      end

      def bring(tarball)
        if @url.match?(%r{\A(https?|ftp)://})
          download(tarball)
        else
          FileUtils.cp(@url.delete_prefix('file://'), tarball)
        end
      rescue SystemCallError => e
        fail!("cannot read '#{@url}': #{e.message}")
      end

      def download(tarball)
        config = Chef::Config
        status, = RightLink::Native.download(
          url: @url, method: 'GET', headers: {}, body: nil, output: tarball,
          retries: config[:http_retry_count],
          retry_delay: config[:http_retry_delay],
          ca_file: config[:ssl_ca_file],
          insecure: config[:ssl_verify_mode] == :verify_none
        )
        fail!("'#{@url}' answers #{status}") unless status == 200
      rescue StandardError => e # no answer at all; names the URL itself
        fail!(e.message)
      end

      def fail!(text)
        Chef::Application.fatal!("recipe_url: #{text}", 2)
      end
    end
  end
end
