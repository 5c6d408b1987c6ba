# SPDX-License-Identifier: MIT
# Commands, digests and the rest of RightLink::Native.
require 'minitest/autorun'
require 'tmpdir'

class TestTools < Minitest::Test
  N = RightLink::Native

  def test_res_sh_1_a_text_goes_through_the_shell
    out, err, status, signal, timed_out = N.shell_out('echo a; echo b >&2; exit 4')
    assert_equal ["a\n", "b\n", 4, nil, false], [out, err, status, signal, timed_out]
  end

  def test_res_sh_1_words_do_not
    out, = N.shell_out(['echo', '$HOME;', 'x'])
    assert_equal "$HOME; x\n", out
  end

  def test_output_comes_as_it_is_made
    seen = []
    N.shell_out('echo one; sleep 0.1; echo two >&2') { |stream, text| seen << [stream, text] }
    assert_equal [[:stdout, "one\n"], [:stderr, "two\n"]], seen
  end

  def test_an_exception_of_the_block_is_raised_at_the_end
    e = assert_raises(RuntimeError) { N.shell_out('echo x') { raise 'mine' } }
    assert_equal 'mine', e.message
  end

  def test_environment_input_and_directory
    Dir.mktmpdir do |dir|
      out, = N.shell_out('echo $A-$B; cat; pwd', env: { 'A' => 'x', 'B' => nil },
                                                 input: "in\n", cwd: dir)
      assert_equal "x-\nin\n#{File.realpath(dir)}\n", out
    end
  end

  def test_a_deadline_kills_the_command
    _, _, status, signal, timed_out = N.shell_out('sleep 30', timeout: 0.2)
    assert timed_out
    assert_nil status
    refute_nil signal
  end

  def test_a_signal_is_told
    assert_equal [nil, 9], N.shell_out('kill -9 $$')[2, 2]
  end

  def test_a_missing_program_is_enoent
    assert_raises(Errno::ENOENT) { N.shell_out(['/no/such/program']) }
    assert_raises(Errno::ENOENT) { N.shell_out('true', cwd: '/no/such/dir') }
    assert_raises(ArgumentError) { N.shell_out([]) }
    assert_raises(TypeError) { N.shell_out(5) }
  end

  def test_other_threads_run_meanwhile
    Dir.mktmpdir do |dir|
      pipe = File.join(dir, 'pipe')
      File.mkfifo(pipe)
      writer = Thread.new { File.write(pipe, 'from the thread') }
      out, = N.shell_out(['cat', pipe], timeout: 60)
      assert_equal 'from the thread', out
      writer.join
    end
  end

  def test_a_trap_that_raises_ends_the_command
    before = trap('USR1') { raise ArgumentError, 'from the trap' }
    Thread.new { sleep 0.2; Process.kill(:USR1, $$) }
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    e = assert_raises(ArgumentError) { N.shell_out('sleep 30') }
    assert_equal 'from the trap', e.message
    assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - started, :<, 20
  ensure
    trap('USR1', before || 'DEFAULT')
  end

  def test_a_trap_that_returns_does_not
    hits = 0
    before = trap('USR1') { hits += 1 }
    Thread.new { sleep 0.1; Process.kill(:USR1, $$) }
    assert_equal ["done\n", 0], N.shell_out('sleep 0.4; echo done').values_at(0, 2)
    assert_equal 1, hits
  ensure
    trap('USR1', before || 'DEFAULT')
  end

  def test_timeout_ends_the_command
    require 'timeout'
    assert_raises(Timeout::Error) { Timeout.timeout(0.2) { N.shell_out('sleep 30') } }
  end

  def test_a_command_inside_the_block_of_another
    seen = []
    N.shell_out('echo one; sleep 0.1') { seen << N.shell_out('echo two')[0] }
    assert_equal ["two\n"], seen
  end

  def test_digests
    assert_equal '9dd4e461268c8034f5c8564e155c67a6', N.digest_text(:md5, 'x')
    assert_equal N.digest_text(:sha256, File.binread(__FILE__)), N.digest(:sha256, __FILE__)
    assert_raises(ArgumentError) { N.digest_text(:sha1, 'x') }
    assert_raises(Errno::ENOENT) { N.digest(:md5, '/no/such/file') }
  end

  def test_without_an_agent_events_go_nowhere
    assert_nil N.run_spec
    assert_equal false, N.event('event' => 'warning_issued', 'text' => 'x')
    assert_equal 'secret', N.mask('secret')
  end

  def test_automatic_attributes_are_plain_objects
    assert_includes N.ohai_keys, 'platform'
    assert_instance_of String, N.ohai('platform')
    assert_nil N.ohai('no_such_key')
  end

  def test_core_1_1_options_have_what_the_parser_needs
    words = N::SOLO_OPTIONS.map { |o| o[:long] }
    assert_equal words.uniq, words
    %w[config json-attributes override-runlist why-run log_level fork].each do |word|
      assert_includes words, word
    end
    assert(N::SOLO_OPTIONS.all? { |o| o[:key].is_a?(Symbol) && !o[:help].empty? })
  end
end
