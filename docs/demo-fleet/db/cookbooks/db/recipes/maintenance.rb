# For an operator: rightlink run db::maintenance --tag db:active=true
allowed = Dir.children("#{node['db']['root']}/allowed").sort

log "#{node.name} lets in: #{allowed.join(', ')}" do
  level :warn
end

file "#{node['db']['root']}/maintained" do
  content "#{allowed.size} allowed\n"
end
