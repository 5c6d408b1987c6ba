# SPDX-License-Identifier: MIT
# The cook process: its ways in, its exit status, its compiled files.
require 'minitest/autorun'
require 'json'
require 'open3'
require 'socket'
require 'tmpdir'

class TestProcess < Minitest::Test
  RUNTIME = $LOAD_PATH.find { |d| File.exist?("#{d}/rightlink_native.so") }
  COOK = File.expand_path('../../../libexec/rightlink/cook', RUNTIME)

  def setup
    @dir = Dir.mktmpdir('rightlink-cook')
  end

  def teardown
    FileUtils.rm_rf(@dir)
  end

  # [status, stdout, stderr] of a Ruby text run inside the runtime.
  def ruby(text, *args, cook: COOK)
    File.write("#{@dir}/x.rb", text)
    out, err, status = Open3.capture3(cook, '--ruby', "#{@dir}/x.rb", *args)
    [status.exitstatus, out, err]
  end

  def test_a_file_runs_with_its_arguments
    assert_equal [0, "a b\n", ''], ruby('puts ARGV.join(" ")', 'a', 'b')
  end

  def test_status_of_exit
    assert_equal [7, '', ''], ruby('exit 7')
    assert_equal [1, '', "why\n"], ruby('abort "why"')
    assert_equal [0, '', ''], ruby('Thread.main.kill; sleep')
  end

  def test_at_exit_blocks_run
    assert_equal [3, "bye\n", ''], ruby('at_exit { puts "bye" }; exit 3')
  end

  def test_an_exception_is_one_line_with_its_place
    status, _, err = ruby("\nraise ArgumentError, 'boom'")
    assert_equal 1, status
    assert_match(/\Acook: .*x\.rb:2.*: ArgumentError: boom\n\z/, err)
  end

  def test_other_ends
    assert_match(/uncaught throw/, ruby('throw :x')[2])
    assert_match(/stack level too deep/, ruby('def f; f; end; f')[2])
    status, _, err = ruby("raise Class.new(StandardError) { def message; raise 'x'; end }")
    assert_equal 1, status
    assert_equal 1, err.lines.size
  end

  def test_interrupted
    assert_equal 2, ruby('Process.kill(:INT, $$); sleep 5')[0]
  end

  def test_no_rubygems_at_start
    assert_equal "[]\n", ruby('p $LOADED_FEATURES.grep(%r{ruby/.*rubygems})')[1]
  end

  def test_a_wrong_call_is_told
    _, err, status = Open3.capture3(COOK, '--nonsense')
    assert_equal 2, status.exitstatus
    assert_match(/\Ausage: cook/, err)
  end

  def with_spec(frame)
    ours, theirs = UNIXSocket.pair
    err_r, err_w = IO.pipe
    pid = spawn(COOK, 3 => theirs, :err => err_w, :out => File::NULL)
    theirs.close
    err_w.close
    ours.write([frame.bytesize].pack('N') + frame)
    ours.close_write
    Process.wait(pid)
    [$?.exitstatus, err_r.read]
  end

  def test_a_bad_run_spec_is_refused
    assert_match(/cook: run spec: /, with_spec('{')[1])
    status, err = with_spec(JSON.generate('type' => 'run_spec', 'version' => 1))
    assert_equal 1, status
    assert_match(/run_id/, err)
  end

  # An installation of its own, whose cache nobody else uses.
  def own_installation
    FileUtils.mkdir_p(["#{@dir}/libexec/rightlink", "#{@dir}/lib/rightlink"])
    FileUtils.cp(COOK, "#{@dir}/libexec/rightlink")
    system('cp', '-rL', RUNTIME, "#{@dir}/lib/rightlink/runtime")
    ["#{@dir}/libexec/rightlink/cook",
     "#{@dir}/lib/rightlink/runtime.cache/chef,log.rb.iseq"]
  end

  def test_compiled_files_follow_their_source
    cook, file = own_installation
    assert_equal 0, ruby('1', cook: cook)[0]
    good = File.binread(file)
    assert_match(/ruby 3/, good.lines.first)
    File.binwrite(file, good[0, good.size / 2])
    assert_equal [0, "Class\n", ''], ruby('puts Chef::Log.class', cook: cook)
    assert_equal good.size, File.size(file)
    source = "#{@dir}/lib/rightlink/runtime/chef/log.rb"
    File.write(source, File.read(source) + "\nputs 'changed'\n")
    assert_equal "changed\n", ruby('1', cook: cook)[1]
  end

  # As runtime/ruby/cache_dir.c counts it.
  def checksum(bytes)
    mask = (1 << 64) - 1
    words = bytes.unpack("Q#{bytes.size / 8}")
    sum = words.inject(0xcbf29ce484222325) do |s, word|
      s = ((s ^ word) * 0x100000001b3) & mask
      s ^ (s >> 29)
    end
    bytes.byteslice(bytes.size / 8 * 8, 8).bytes.inject(sum) do |s, byte|
      ((s ^ byte) * 0x100000001b3) & mask
    end
  end

  # A cache file of chef/log.rb that would end the process with status 9.
  def plant(file, mode)
    stamp = File.binread(file).lines.first.split(' ')[0..-3].join(' ')
    code = RubyVM::InstructionSequence.compile('exit 9').to_binary
    head = format("%s %d %016x\n", stamp, code.bytesize, checksum(code))
    File.binwrite(file, head + code)
    File.chmod(mode, file)
  end

  def test_a_cache_file_that_others_may_write_is_not_used
    cook, file = own_installation
    ruby('1', cook: cook)
    plant(file, 0o644)
    assert_equal 9, ruby('1', cook: cook)[0]
    plant(file, 0o666)
    assert_equal 0, ruby('1', cook: cook)[0]
    assert_equal 0o644, File.stat(file).mode & 0o777
  end

  def test_a_cache_directory_that_others_may_write_is_not_used
    cook, file = own_installation
    ruby('1', cook: cook)
    plant(file, 0o644)
    File.chmod(0o777, File.dirname(file))
    assert_equal 0, ruby('1', cook: cook)[0]
  end
end
