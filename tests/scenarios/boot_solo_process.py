# SPDX-License-Identifier: MIT
"""The solo program around its runs: signals, interval, background, user.
Names cite the rules of Chef 11 (CORE-n)."""
import os
import pwd
import signal
import stat
import sys
import unittest

from solo_world import LIMIT, SoloTest, gone, read, until
from support import BUILD

# Tells the test where the run is, then waits for the test.
WAITING = """File.write('%(at)s', Process.pid.to_s)
sleep 0.02 until File.exist?('%(go)s')
"""


class Signals(SoloTest):
    def waiting(self):
        """A run that has reached its recipe; the process and the child."""
        self.recipe(WAITING % {'at': self.path('at'), 'go': self.path('go')})
        child = self.start()
        until(lambda: read(self.path('at')), 'the recipe')
        return child, int(read(self.path('at')))

    def test_core_113_int_ends_the_program_with_2_and_its_run(self):
        program, run = self.waiting()
        self.assertNotEqual(program.pid, run)
        program.send_signal(signal.SIGINT)
        self.assertEqual(2, program.wait(LIMIT))
        self.assertTrue(gone(run))

    def test_core_113_term_kills_the_program_and_its_run(self):
        program, run = self.waiting()
        program.send_signal(signal.SIGTERM)
        self.assertEqual(-signal.SIGTERM, program.wait(LIMIT))
        self.assertTrue(gone(run))

    def test_core_113_quit_logs_the_call_stack_and_goes_on(self):
        program, _ = self.waiting()
        program.send_signal(signal.SIGQUIT)
        self.logged(r'INFO: SIGQUIT received, call stack:\n  \S+:\d+:in')
        self.machine.write('go', '')
        self.assertEqual(0, program.wait(LIMIT))

    def test_core_113_hup_reads_the_settings_again(self):
        program, _ = self.waiting()
        self.settings("File.write('%s', 'x')\n" % self.path('reread'))
        program.send_signal(signal.SIGHUP)
        until(lambda: read(self.path('reread')), 'settings read again')
        self.machine.write('go', '')
        self.assertEqual(0, program.wait(LIMIT))

    def test_core_113_hup_finds_paths_of_the_start_directory(self):
        self.json()
        self.recipe(WAITING % {'at': self.path('at'), 'go': self.path('go')})
        program = self.launch(
            self.machine.command('solo', '-c', 'solo.rb', '-j', 'node.json',
                                 '-L', 'log'), cwd=self.machine.root)
        until(lambda: read(self.path('at')), 'the recipe')
        self.settings("File.write('%s', 'x')\n" % self.path('reread'))
        program.send_signal(signal.SIGHUP)
        until(lambda: read(self.path('reread')), 'settings read again')
        self.machine.write('go', '')
        self.assertEqual(0, program.wait(LIMIT))
        self.logged('Chef Run complete')


class Intervals(SoloTest):
    def test_core_114_a_failed_run_is_tried_again(self):
        self.recipe("raise 'not now' unless File.exist?('%s')\n"
                    % self.path('go'))
        program = self.start('-i', '0')
        again = r'FATAL: Sleeping for 0 seconds before trying again'
        self.logged(again, 2)
        self.assertRegex(self.log(), r'ERROR: Chef::Exceptions::'
                                     r'ChildConvergeError: .*exit code 1')
        self.assertIsNone(program.poll())
        self.machine.write('go', '')
        self.logged('Chef Run complete')

    def test_core_114_splay_is_drawn_before_every_run(self):
        self.recipe('')
        self.start('-i', '0', '-s', '1', '-l', 'debug')
        self.logged(r'Splay sleep 0 seconds', 2)


class Background(SoloTest):
    def daemon(self, *args):
        """Starts a daemon; its pid, once it has written it."""
        done = self.solo('-d', '-L', self.path('log'), *args)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        until(lambda: read(self.path('pid')).strip(), 'the pid file')
        pid = int(read(self.path('pid')))
        self.addCleanup(self.stop, pid)
        return pid

    @staticmethod
    def stop(pid):
        if not gone(pid):
            os.kill(pid, signal.SIGTERM)
            until(lambda: gone(pid), 'the end of the daemon')

    def test_core_115_a_daemon_of_its_own_session(self):
        self.settings("pid_file '%s'\n" % self.path('pid'))
        self.recipe("File.write('%s', File.umask.to_s)\n" % self.path('umask'))
        pid = self.daemon()
        self.logged('Chef Run complete')
        self.assertEqual(str(0o022), read(self.path('umask')))
        with open('/proc/%d/stat' % pid, encoding='utf-8') as f:
            parent, _, session = f.read().rpartition(')')[2].split()[1:4]
        self.assertNotEqual(os.getsid(0), int(session))
        self.assertNotEqual(pid, int(session))
        self.assertNotEqual(os.getpid(), int(parent))
        for fd in range(3):
            self.assertEqual('/dev/null',
                             os.readlink('/proc/%d/fd/%d' % (pid, fd)))

    def test_core_115_a_second_daemon_is_refused_before_it_forks(self):
        self.settings("pid_file '%s'\n" % self.path('pid'))
        self.recipe('')
        pid = self.daemon()
        done = self.solo('-d')
        self.assertEqual(255, done.returncode)
        self.assertIn('already running', done.stdout + done.stderr)
        self.assertEqual(pid, int(read(self.path('pid'))))


def public(directory):
    """Whether any user may enter it."""
    while directory != '/':
        if not os.stat(directory).st_mode & stat.S_IXOTH:
            return False
        directory = os.path.dirname(directory)
    return True


class Users(SoloTest):
    @unittest.skipUnless(os.geteuid() == 0 and public(BUILD),
                         'needs root and a build that all may read')
    def test_core_116_a_user_alone_brings_its_group(self):
        os.chmod(self.machine.root, 0o755)
        for name in ('cache', 'out'):
            os.mkdir(self.path(name))
            os.chmod(self.path(name), 0o777)
        self.recipe("File.write('%s', [Process.euid, Process.egid,"
                    " Process.uid, Process.groups].inspect)\n"
                    % self.path('out/ids'))
        self.good(self.solo('-u', 'daemon'))
        uid, gid = pwd.getpwnam('daemon')[2:4]
        self.assertEqual('[%d, %d, %d, [%d]]' % (uid, gid, uid, gid),
                         read(self.path('out/ids')))

    def test_core_116_an_unknown_user_is_fatal(self):
        self.recipe('')
        done = self.solo('-u', 'nobody-of-this-name')
        self.assertEqual(255, done.returncode)
        self.assertIn("nobody-of-this-name", done.stdout + done.stderr)


class RecipeUrl(SoloTest):
    def refused(self, url, reason):
        self.recipe('')
        done = self.solo('-r', url)
        self.assertEqual(2, done.returncode, done.stdout + done.stderr)
        self.assertIn('FATAL: recipe_url: ', done.stdout)
        self.assertIn(reason, done.stdout)
        self.assertEqual('', done.stderr)

    def test_core_140_a_server_that_does_not_answer_is_named(self):
        self.settings('http_retry_count 0\n')
        url = 'http://127.0.0.1:1/books.tgz'
        self.refused(url, url)

    def test_core_140_a_file_that_is_not_there_is_named(self):
        url = 'file://' + self.path('gone.tgz')
        self.refused(url, url)

    def test_core_140_what_is_no_tarball_is_named(self):
        self.machine.write('books.tgz', 'no tarball')
        self.refused('file://' + self.path('books.tgz'), 'recipes.tgz')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
