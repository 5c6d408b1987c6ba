# SPDX-License-Identifier: MIT
#
# Requests to the agent on its local socket: frames of 4 bytes big-endian
# length and one JSON object. Every wait has a deadline that holds, also when
# the agent accepts and never answers.
#
# The other files of this directory require this one and Chef loads it once
# more by itself, so it holds nothing that minds being evaluated twice.
require 'socket'

module RightLink
  # What the agent refused, or why it could not be asked. `code` is a name
  # such as ERR_INVALID or ERR_TIMEOUT.
  class AgentError < RuntimeError
    attr_reader :code

    def initialize(code, text)
      super(text)
      @code = code
    end
  end

  class AgentSocket
    class << self
      # Sends one request and returns the reply as a Hash. Waits at most
      # `seconds` (nil: for ever) and raises AgentError otherwise.
      def request(type, fields = {}, seconds = nil)
        connection = new(path, seconds)
        connection.ask({ 'type' => type.to_s }.merge(fields))
      ensure
        connection.close if connection
      end

      def path
        given = ENV['RIGHTLINK_SOCKET']
        return given unless given.nil? || given.empty?
        raise AgentError.new('ERR_STATE', 'no RightLink agent: ' \
          'RIGHTLINK_SOCKET is not set (was this run started by rightlink?)')
      end

      def max_bytes
        4 << 20
      end

      def now
        return Time.now.to_f unless defined?(Process::CLOCK_MONOTONIC)
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end

    def initialize(path, seconds)
      @path = path
      @seconds = seconds
      @deadline = seconds && self.class.now + seconds
      @socket = Socket.new(:UNIX, :STREAM, 0)
      connect(Socket.sockaddr_un(path))
    rescue SystemCallError, ArgumentError => e
      raise AgentError.new('ERR_CLOSED', "agent socket '#{path}': #{e.message}")
    end

    def ask(request)
      require 'json'
      body = JSON.generate(request).force_encoding(Encoding::BINARY)
      if body.bytesize > self.class.max_bytes
        raise AgentError.new('ERR_LIMIT', "#{request['type']}: the request " \
          "is longer than #{self.class.max_bytes} bytes")
      end
      write([body.bytesize].pack('N') + body)
      reply = JSON.parse(read_frame.force_encoding(Encoding::UTF_8))
      return reply if reply.is_a?(Hash) && reply['ok'] == true
      refused(request, reply)
    rescue SystemCallError, IOError => e
      raise AgentError.new('ERR_CLOSED', "agent socket '#{@path}': #{e.message}")
    rescue JSON::ParserError
      raise AgentError.new('ERR_PROTOCOL', "agent socket '#{@path}': the " \
        'answer is not JSON')
    end

    def close
      @socket.close unless @socket.closed?
    end

    private

    def refused(request, reply)
      reply = {} unless reply.is_a?(Hash)
      raise AgentError.new(reply['code'] || 'ERR_PROTOCOL',
                           "#{request['type']}: #{reply['text'] || 'refused'}")
    end

    # A full queue of waiting connections shows as EAGAIN on a unix socket.
    def connect(address)
      @socket.connect_nonblock(address)
    rescue IO::WaitWritable, Errno::EAGAIN
      pause
      retry
    rescue Errno::EISCONN
      nil
    end

    def pause
      expired if remaining && remaining <= 0
      sleep 0.02
    end

    def remaining
      @deadline && @deadline - self.class.now
    end

    def expired
      raise AgentError.new('ERR_TIMEOUT', "agent socket '#{@path}': no " \
        "answer within #{@seconds} seconds")
    end

    def wait(readers, writers)
      left = remaining
      expired if left && left <= 0
      IO.select(readers, writers, nil, left) || expired
    end

    def write(bytes)
      until bytes.empty?
        begin
          sent = @socket.write_nonblock(bytes)
          bytes = bytes.byteslice(sent, bytes.bytesize)
        rescue IO::WaitWritable
          wait(nil, [@socket])
        end
      end
    end

    def read(length)
      bytes = ''.dup.force_encoding(Encoding::BINARY)
      while bytes.bytesize < length
        begin
          bytes << @socket.read_nonblock(length - bytes.bytesize)
        rescue IO::WaitReadable
          wait([@socket], nil)
        end
      end
      bytes
    end

    def read_frame
      length = read(4).unpack('N').first
      if length > self.class.max_bytes
        raise AgentError.new('ERR_PROTOCOL', "agent socket '#{@path}': a " \
          "frame of #{length} bytes is announced")
      end
      read(length)
    end
  end
end
