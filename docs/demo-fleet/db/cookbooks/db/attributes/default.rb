default['db']['root'] = '/srv/db'
