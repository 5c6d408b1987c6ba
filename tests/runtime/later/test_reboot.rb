# SPDX-License-Identifier: MIT
require_relative 'world'
require 'open3'

# Beside the runtime that is tested.
LIBRARY = $LOAD_PATH.find { |d| File.exist?(File.join(d, 'rightlink_native.so')) }
PROGRAM = File.expand_path('../../../bin/rightlink', LIBRARY)

class Harness
  # rightlink solo with the recipe: its output and status.
  def solo(text, settings = '')
    recipe text
    config = write('solo.rb', "cookbook_path '#{cookbook_path}'\nfile_cache_path '#{directory}/cache'\n" \
                              "cache_path '#{directory}'\nlockfile '#{directory}/lock'\n#{settings}\n")
    out, status = Open3.capture2e(PROGRAM, 'solo', '-c', config, '-o', 't', '-l', 'info')
    [out, status.exitstatus]
  end
end

AFTER = "\nlog 'afterwards'"

test 'core_1120_reboot_is_ordered_when_the_run_has_come_to_a_good_end' do
  tool('shutdown')
  wish = "reboot('kernel') { reason 'new kernel'; delay_mins 5; action :request_reboot }#{AFTER}"
  out, status = solo(wish)
  eq(0, status, out)
  eq(['shutdown -r +5 new kernel'], calls)
  match(/Processing log\[afterwards\]/, out)
  eq(35, solo(wish, 'exit_status :enabled')[1])
  eq(35, solo(wish, "exit_status :enabled\nclient_fork false")[1])
end

test 'core_1120_reboot_now_ends_the_run_as_a_success' do
  tool('shutdown')
  out, status = solo("reboot('now') { action :reboot_now }#{AFTER}", 'exit_status :enabled')
  eq(37, status, out)
  eq(['shutdown -r now Reboot by Chef'], calls)
  eq(false, out.include?('Processing log[afterwards]'), out)
end

test 'core_1120_no_reboot_after_cancel_or_failure_or_in_why_run' do
  tool('shutdown')
  asked = "reboot('a') { action :request_reboot }\n"
  out, status = solo("#{asked}reboot('b') { action :cancel }", 'exit_status :enabled')
  eq(0, status, out)
  eq(1, solo("#{asked}execute 'false'", 'exit_status :enabled')[1])
  eq(0, solo("#{asked}reboot('b') { action :reboot_now }", "exit_status :enabled\nwhy_run true")[1])
  eq([], calls)
end
