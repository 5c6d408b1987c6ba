directory node['db']['root']

right_link_tag 'db:active=true'
right_link_tag "db:address=#{node.name}.example.com"
