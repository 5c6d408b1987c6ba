# SPDX-License-Identifier: MIT
# frozen_string_literal: true

require "chef/http"
require "chef/json_compat"

class Chef
  # JSON over HTTP under its old name (CORE-826). There is no server to sign
  # requests for: a relative path needs a base URL.
  class REST < HTTP
    def initialize(url, _client_name = nil, _key = nil, options = {})
      super(url, options)
    end

    def get_rest(path, raw = false, headers = {})
      raw ? fetch(path) : get(path, headers)
    end

    def delete_rest(path, headers = {})
      delete(path, headers)
    end

    def post_rest(path, json, headers = {})
      post(path, json, headers)
    end

    def put_rest(path, json, headers = {})
      put(path, json, headers)
    end

    # The body in a temporary file, yielded or returned.
    def fetch(path)
      require "tempfile"
      text = HTTP.new(@url, @options).get(path)
      file = Tempfile.open("rightlink-rest", binmode: true)
      file.write(text)
      file.close
      return file unless block_given?

      begin
        yield file
      ensure
        file.unlink
      end
    end

    private

    def text_headers(headers)
      { "Accept" => "application/json", "Content-Type" => "application/json" }.merge(super)
    end

    def encode(data)
      data.nil? || data.is_a?(String) ? data : JSONCompat.to_json(data)
    end

    def decode(text, headers)
      type = headers.to_h.find { |k, _| k.to_s.casecmp?("content-type") }&.last.to_s
      type.include?("json") ? JSONCompat.from_json(text) : text
    end
  end
end
