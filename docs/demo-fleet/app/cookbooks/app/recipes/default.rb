# Say what this server is, and ask each database to let it in.
directory '/srv/app'

right_link_tag 'app:role=web'
right_link_tag "app:address=#{node['app']['address']}"

remote_recipe 'let me in' do
  recipe 'db::allow'
  recipients_tags 'db:active=true'
  attributes 'db' => { 'allow' => node['app']['address'] }
end

include_recipe 'app::databases'
