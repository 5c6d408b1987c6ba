# SPDX-License-Identifier: MIT
"""A cook that does what a file of steps says (the file FILE.cookbook-recipe
when the first item of the run list has one), one a line:

    say TEXT / err TEXT     output
    event JSON              one event
    scripts                 run every right_script item of the run list
    request JSON            ask the agent; print the reply
    raw TEXT                bytes on descriptor 3 that are no frame
    flood N                 N megabytes of output
    pause SECONDS
    mark PATH WORD          append a line, durably
    touch PATH / wait PATH  to meet the test
    signal N                end by a signal
    kill_agent              by SIGKILL; we follow it
    exit N
    converged               converge_finished and exit 0
"""
import json
import os
import signal
import socket
import struct
import sys
import time


def read_exactly(read, length):
    data = b''
    while len(data) < length:
        piece = read(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def frame(value):
    body = json.dumps(value).encode()
    return struct.pack('>I', len(body)) + body


def send_event(name, **fields):
    os.write(3, frame(dict(fields, type='event', event=name)))


def request(value):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(os.environ['RIGHTLINK_SOCKET'])
        s.sendall(frame(value))
        length = struct.unpack('>I', read_exactly(s.recv, 4))[0]
        return json.loads(read_exactly(s.recv, length))


def say(text):
    sys.stdout.write(text + '\n')
    sys.stdout.flush()


def run_scripts(spec):
    for item in spec['run_list']:
        if item.get('resource') != 'right_script':
            continue
        fields = dict(item['properties'], type='script_run', name=item['name'])
        if 'timeout' in fields:
            fields['timeout_ms'] = fields.pop('timeout') * 1000
        reply = request(fields)
        say('reply ' + json.dumps(reply, sort_keys=True))
        if reply.get('shutdown_now'):
            sys.exit(0)
        if reply.get('status') != 0:
            send_event('resource_failed', action='run',
                       resource='right_script[%s]' % item['name'],
                       text=reply.get('text', 'exited'))
            sys.exit(1)


def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.02)


def step(word, rest, spec):
    if word == 'say':
        say(rest)
    elif word == 'err':
        sys.stderr.write(rest + '\n')
    elif word == 'spec':
        say('spec ' + json.dumps(spec, sort_keys=True))
    elif word == 'event':
        fields = json.loads(rest)
        send_event(fields.pop('event'), **fields)
    elif word == 'scripts':
        run_scripts(spec)
    elif word == 'request':
        say('reply ' + json.dumps(request(json.loads(rest)), sort_keys=True))
    elif word == 'pause':
        time.sleep(float(rest))
    elif word == 'mark':
        path, _, text = rest.partition(' ')
        with open(path, 'a', encoding='utf-8') as f:
            f.write(text + '\n')
    elif word == 'raw':
        os.write(3, rest.encode())
    elif word == 'flood':
        for _ in range(int(rest)):
            os.write(1, (b'x' * 1023 + b'\n') * 1024)
    elif word == 'touch':
        open(rest, 'w', encoding='ascii').close()
    elif word == 'wait':
        wait_for(rest)
    elif word == 'signal':
        os.kill(os.getpid(), int(rest))
        signal.pause()
    elif word == 'kill_agent':
        # The second answer comes after what went to descriptor 3 was read.
        request({'type': 'state_get'})
        request({'type': 'state_get'})
        os.kill(os.getppid(), signal.SIGKILL)
        signal.pause()
    elif word == 'exit':
        sys.exit(int(rest))
    elif word == 'converged':
        send_event('converge_finished', updated=1, total=2)
        sys.exit(0)


def steps_file(spec):
    item = spec['run_list'][0] if spec['run_list'] else {}
    own = '%s.%s' % (sys.argv[1], item.get('recipe', '').replace('::', '-'))
    return own if os.path.exists(own) else sys.argv[1]


def main():
    with os.fdopen(os.dup(3), 'rb', buffering=0) as f:
        length = struct.unpack('>I', read_exactly(f.read, 4))[0]
        spec = json.loads(read_exactly(f.read, length))
    with open(steps_file(spec), encoding='utf-8') as steps:
        for line in steps:
            word, _, rest = line.rstrip('\n').partition(' ')
            step(word, rest, spec)


main()
