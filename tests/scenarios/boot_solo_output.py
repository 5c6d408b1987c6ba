# SPDX-License-Identifier: MIT
"""Settings, output and files of the solo program. Names cite the rules of
Chef 11 (CORE-n)."""
import glob
import os
import pty
import re
import stat
import subprocess
import sys
import unittest

from solo_world import LIMIT, SoloTest, read

TIME = r'\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\] '


class Settings(SoloTest):
    def test_core_103_settings_hold_unless_an_option_was_given(self):
        self.recipe('log "hi"\n')
        self.settings('force_formatter true\ncolor true\n')
        out = self.good(self.solo())
        self.assertIn('Recipe: t::default', out)
        self.assertNotIn(' INFO: ', out)
        self.settings("color true\nformatters [[:doc, nil]]\n")
        self.recipe('file "%s"\n' % self.path('f'))
        self.assertIn('\033[32m- create new file', self.good(self.solo()))
        os.unlink(self.path('f'))
        self.assertNotIn('\033[', self.good(self.solo('--no-color')))

    def test_core_104_paths_of_options_and_of_settings(self):
        self.recipe('log "found"\n')
        self.settings("cookbook_path '%s'\n" % self.path('cookbooks')[1:])
        self.json()
        done = subprocess.run(
            self.machine.command('solo', '-c', 'solo.rb', '-j', 'node.json',
                                 '-L', 'log'),
            cwd=self.machine.root, env=self.environment(), timeout=LIMIT,
            capture_output=True, encoding='utf-8', check=False)
        self.good(done)
        self.assertIn('INFO: found', self.log())

    def test_core_134_chef_environment_in_json_is_an_attribute(self):
        self.recipe('log "#{node.chef_environment} '
                    '#{node[\'chef_environment\']}"\n')
        self.json(chef_environment='prod')
        self.assertIn('INFO: _default prod\n', self.good(self.solo()))

    def test_core_154_what_settings_files_do(self):
        self.machine.write('lib/noted.rb',
                           'class Noted < Chef::Handler\n  def report\n'
                           '    puts "noted #{run_status.success?}"\n'
                           '  end\nend\n')
        self.machine.write('plugins/extra.rb', '')
        self.recipe('log "#{Chef::Config[:made]}"\n')
        self.settings('''
            here = File.dirname(File.expand_path(__FILE__))
            require "#{here}/lib/noted"
            report_handlers << Noted.new
            cookbook_path [File.join(here, 'cookbooks').to_sym]
            role_path "#{here}/roles"
            log_location STDOUT
            Ohai::Config[:plugin_path] << "#{here}/plugins"
            Ohai::Config[:disabled_plugins] = ['passwd']
            made ENV['MADE_BY']
            Chef::Log.warn('from the settings')
            ''')
        self.machine.env['MADE_BY'] = 'test'
        out = self.good(self.solo())
        for text in ('INFO: test\n', 'noted true', 'WARN: from the settings'):
            self.assertIn(text, out)

    def test_core_450_saving_the_node_does_nothing(self):
        self.recipe('node.save\n')
        self.assertIn('DEBUG: node.save does nothing',
                      self.good(self.solo('-l', 'debug')))
        self.assertIn('WARN: In why-run mode, so NOT performing node save.',
                      self.good(self.solo('-W')))


class Output(SoloTest):
    def lines(self, done):
        """The log with changing parts taken out."""
        texts = []
        for line in done.stdout.splitlines():
            found = re.fullmatch(TIME + r'([A-Z]+: .*)', line)
            if found:
                texts.append(re.sub(r'\d+\.\d+(e-\d+)? seconds', 'S seconds',
                                    re.sub(r'pid: \d+', 'pid: P',
                                           found[1])))
        return texts

    def test_core_162_log_of_a_good_run(self):
        self.recipe('\nexecute "true"\n')
        self.json(run_list=['recipe[t]', 'recipe[t::more]'])
        self.recipe('', 'more')
        done = self.solo()
        self.good(done)
        lines = self.lines(done)
        version = re.fullmatch(r'INFO: \*\*\* Chef (\S+) \*\*\*', lines[1])
        self.assertTrue(version, lines[1])
        self.assertEqual([
            'INFO: Forking chef instance to converge...',
            'INFO: *** Chef %s ***' % version[1],
            'INFO: Chef-client pid: P',
            'INFO: Setting the run_list to ["recipe[t]", "recipe[t::more]"]'
            ' from CLI options',
            'INFO: Run List is [recipe[t], recipe[t::more]]',
            'INFO: Run List expands to [t, t::more]',
            'INFO: Starting Chef Run for me',
            'INFO: Running start handlers',
            'INFO: Start handlers complete.',
            'INFO: Processing execute[true] action run (t::default line 2)',
            'INFO: execute[true] ran successfully',
            'INFO: Chef Run complete in S seconds',
            'INFO: Running report handlers',
            'INFO: Report handlers complete'], lines)

    def test_core_162_log_of_a_failed_run(self):
        self.recipe('raise "why"\n')
        done = self.solo('--no-fork')
        self.assertEqual(1, done.returncode)
        self.assertEqual([
            'INFO: Starting Chef Run for me',
            'INFO: Running start handlers',
            'INFO: Start handlers complete.',
            'ERROR: Running exception handlers',
            'ERROR: Exception handlers complete',
            'FATAL: Stacktrace dumped to '
            + self.path('cache/cache/chef-stacktrace.out'),
            'FATAL: RuntimeError: why'], self.lines(done)[-7:])

    def test_core_162_processing_lines_only_when_verbose(self):
        self.recipe('execute "true"\n')
        self.settings('verbose_logging false\n')
        self.assertNotIn('Processing', self.good(self.solo()))
        self.assertIn('Processing execute[true]',
                      self.good(self.solo('-l', 'debug')))

    def test_core_163_where_a_resource_was_declared(self):
        self.recipe('''
            execute 'true'
            Chef::Resource::Execute.new('made', run_context).tap do |r|
              r.command 'true'
              run_context.resource_collection.insert(r)
            end
            ''')
        out = self.good(self.solo())
        self.assertIn('execute[true] action run (t::default line 2)\n', out)
        self.assertIn('execute[made] action run (dynamically defined)\n', out)

    def terminal(self, *args):
        """What the program writes to a terminal."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(self.words(*args), stdin=subprocess.DEVNULL,
                              stdout=theirs, stderr=theirs,
                              env=self.environment()) as child:
            os.close(theirs)
            data = b''
            while True:
                try:
                    piece = os.read(ours, 65536)
                except OSError:  # the last writer is gone
                    break
                if not piece:
                    break
                data += piece
            self.assertEqual(0, child.wait(LIMIT), data)
        os.close(ours)
        return data.decode()

    def test_core_169_output_of_a_command_on_a_terminal(self):
        self.json()
        self.recipe("execute 'printf \"one\\\\ntwo\\\\n\"'\n")
        self.assertRegex(self.terminal('-l', 'info'),
                         r'\r\n    one\r\n    two\r\n')

    def test_core_170_colours_on_a_terminal_only(self):
        self.json()
        self.recipe('file "%s"\n' % self.path('f'))
        plain = self.good(self.solo('-F', 'doc', '-l', 'fatal'))
        self.assertNotIn('\033', plain)
        os.unlink(self.path('f'))
        colored = self.terminal()
        self.assertIn('\033[32m- create new file', colored)
        os.unlink(self.path('f'))
        self.assertNotIn('\033', self.terminal('--no-color'))

    def test_core_173_min_shows_no_error_of_a_resource(self):
        self.recipe('execute "true"\nexecute "false"\n')
        done = self.solo('-F', 'min', '-l', 'fatal')
        self.assertEqual(1, done.returncode)
        self.assertNotIn('Error executing action', done.stdout)
        self.assertIn('RightLink failed. 1 resources updated', done.stdout)


class Backups(SoloTest):
    def contents(self, *texts):
        for text in texts:
            self.json(text=text)
            self.out = self.good(self.solo())

    def file(self, more=''):
        self.recipe('file "%s" do\n content node["text"]\n mode "0600"\n'
                    '%s\nend\n' % (self.path('f'), more))

    def backups(self, base):
        return sorted(glob.glob(glob.escape(base) + '.chef-*'))

    def test_core_124_the_newest_backups_stay(self):
        self.settings("file_backup_path '%s'\n" % self.path('old'))
        self.file('backup 2')
        self.contents('one', 'two', 'three', 'four')
        kept = self.backups(self.path('old') + self.path('f'))
        self.assertEqual(['two', 'three'], [read(path) for path in kept])
        for path in kept:
            self.assertRegex(path, r'/f\.chef-\d{14}\.\d{6}\Z')
            self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode))
        self.assertIn('INFO: file[%s] backed up to %s\n'
                      % (self.path('f'), kept[-1]), self.out)

    def test_core_124_five_below_the_cache_by_default(self):
        self.file()
        self.contents(*'abcdefg')
        kept = self.backups(self.path('cache/backup') + self.path('f'))
        self.assertEqual(list('bcdef'), [read(path) for path in kept])

    def test_core_124_beside_the_file_or_not_at_all(self):
        for setting in ("file_backup_path ''\n", 'file_backup_path nil\n'):
            self.settings(setting)
            self.file()
            self.contents('one', 'two')
            found = self.backups(self.path('f'))
            self.assertEqual(1, len(found), setting)
            os.unlink(found[0])
            os.unlink(self.path('f'))
        for off in ('backup false', 'backup 0'):
            self.file(off)
            self.contents('one', 'two')
            self.assertEqual([], self.backups(self.path('f')))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
