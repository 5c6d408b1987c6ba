# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/log"
require "chef/config"
require "chef/exceptions"

class Chef
  # Requests by libraries of cookbooks. The transfer is native, with the time
  # limit, proxy and certificate settings of the run.
  class HTTP
    # An answer of 400 or more.
    class Error < RuntimeError
      attr_reader :code, :body

      def initialize(text, code, body)
        super(text)
        @code = code
        @body = body
      end
    end

    autoload :Simple, "chef/http/simple"

    attr_reader :url, :options

    def initialize(url, options = {})
      @url = url.to_s
      @options = options
      @default_headers = options[:headers] || {}
    end

    def get(path, headers = {})
      request(:GET, path, headers)
    end

    def head(path, headers = {})
      request(:HEAD, path, headers)
    end

    def delete(path, headers = {})
      request(:DELETE, path, headers)
    end

    def put(path, data, headers = {})
      request(:PUT, path, headers, data)
    end

    def post(path, data, headers = {})
      request(:POST, path, headers, data)
    end

    # Returns the body; an error answer raises. When the server fails or is
    # not reached, the fetch process tries again (RES-remote_file-11).
    def request(method, path, headers = {}, data = nil)
      respond(method, create_url(path), headers, data)
    end

    def create_url(path)
      return path.to_s if path.to_s.match?(%r{\A(https?|ftp)://}i)
      return @url if path.to_s.empty?

      "#{@url.chomp('/')}/#{path.to_s.delete_prefix('/')}"
    end

    private

    def respond(method, target, headers, data)
      request = { url: target, method: method.to_s,
                  headers: text_headers(headers), **settings }
      body = encode(data)
      request[:body] = body if body
      status, answer, text = RightLink::Native.download(**request)
      return decode(text, answer) if status < 400

      raise Error.new("#{status} for #{method} #{target}", status, text)
    end

    def settings
      { retries: Config[:http_retry_count],
        retry_delay: Config[:http_retry_delay],
        timeout: Config[:rest_timeout], ca_file: Config[:ssl_ca_file],
        insecure: Config[:ssl_verify_mode] == :verify_none }
    end

    def text_headers(headers)
      @default_headers.merge(headers || {}).to_h { |k, v| [k.to_s, v.to_s] }
    end

    def encode(data)
      data
    end

    def decode(text, _headers)
      text
    end
  end
end
