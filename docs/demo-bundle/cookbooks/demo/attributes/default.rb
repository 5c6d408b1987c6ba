default['demo']['user'] = 'demo'
default['demo']['root'] = '/srv/demo'
default['demo']['port'] = 18080
default['demo']['title'] = 'It works'
