directory node['db']['root']
directory "#{node['db']['root']}/allowed"

right_link_tag 'db:active=true'
right_link_tag "db:address=#{node.name}.example.com"
