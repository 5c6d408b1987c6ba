# SPDX-License-Identifier: MIT
#
# An agent for tests: answers frames on a unix socket with what the test's
# block returns and remembers the requests. Stands at the seam "wire".
require 'json'
require 'socket'
require 'tmpdir'

class AgentDouble
  attr_reader :requests

  # The block gets a request Hash and returns the members of an ok reply, a
  # String for a refusal ("CODE text"), or :silence.
  def initialize(&answer)
    @answer = answer
    @requests = []
    @dir = Dir.mktmpdir
    ENV['RIGHTLINK_SOCKET'] = File.join(@dir, 'agent.sock')
    @server = UNIXServer.new(ENV['RIGHTLINK_SOCKET'])
    @thread = Thread.new { loop { serve(@server.accept) } }
    @thread.report_on_exception = false
  end

  def close
    @thread.kill
    @thread.join
    @server.close
    FileUtils.remove_entry(@dir)
    ENV.delete('RIGHTLINK_SOCKET')
  end

  def of(type)
    @requests.select { |r| r['type'] == type }
  end

  private

  def serve(connection)
    while (head = connection.read(4))
      request = JSON.parse(connection.read(head.unpack1('N')))
      @requests << request
      reply = @answer.call(request)
      sleep if reply == :silence
      body = JSON.generate(frame(reply))
      connection.write([body.bytesize].pack('N') + body)
    end
  rescue SystemCallError
    nil
  ensure
    connection.close
  end

  def frame(reply)
    if reply.is_a?(String)
      code, text = reply.split(' ', 2)
      { 'type' => 'reply', 'ok' => false, 'code' => code, 'text' => text }
    else
      { 'type' => 'reply', 'ok' => true }.merge(reply)
    end
  end
end
