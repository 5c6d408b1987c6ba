# SPDX-License-Identifier: MIT
#
# The classes that a refused HTTP request raises. Ruby renamed
# Net::HTTPServerException; cookbooks and reports know it by its old name, so
# it is a class of its own here, and rescuing it catches the renamed one too.
# A provider has a message, but no response object to go with it.

require 'net/http'
require 'rightlink/ageing'

module Net
  module HTTPExceptions
    def initialize(message, response = nil)
      super(message)
      @response = response
    end
  end

  # One that was renamed by a constant alone answers to both names: there the
  # old one would never be noticed.
  remove_const(:HTTPServerException)

  class HTTPServerException < HTTPClientException
    def self.===(other)
      return false unless HTTPClientException === other

      RightLink::Ageing.note('Net::HTTPServerException')
      true
    end
  end
end
