-- file: history/runs.db
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('7e2f3204cf8e');
CREATE TABLE backfill_tags (
	id INTEGER NOT NULL, 
	backfill_id VARCHAR(255), 
	"key" TEXT, 
	value TEXT, 
	PRIMARY KEY (id)
);
CREATE TABLE bulk_actions (
	id INTEGER NOT NULL, 
	"key" VARCHAR(32) NOT NULL, 
	status VARCHAR(255) NOT NULL, 
	timestamp TIMESTAMP NOT NULL, 
	body TEXT, 
	action_type VARCHAR(32), 
	selector_id TEXT, 
	job_name TEXT, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
CREATE TABLE daemon_heartbeats (
	id INTEGER NOT NULL, 
	daemon_type VARCHAR(255) NOT NULL, 
	daemon_id VARCHAR(255), 
	timestamp TIMESTAMP NOT NULL, 
	body TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (daemon_type)
);
CREATE TABLE instance_info (
	id INTEGER NOT NULL, 
	run_storage_id TEXT, 
	PRIMARY KEY (id)
);
CREATE TABLE kvs (
	id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	value TEXT, 
	PRIMARY KEY (id)
);
CREATE TABLE run_tags (
	id INTEGER NOT NULL, 
	run_id VARCHAR(255), 
	"key" TEXT, 
	value TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run_id) REFERENCES runs (run_id) ON DELETE CASCADE
);
INSERT INTO "run_tags" VALUES(1,'80bc409a-e194-4a06-a575-c31dcafc9cd5','dagster/partition','east');
INSERT INTO "run_tags" VALUES(2,'80bc409a-e194-4a06-a575-c31dcafc9cd5','dagster/partition_set','rank_region_partition_set');
INSERT INTO "run_tags" VALUES(3,'52efb6d5-498d-4e14-b1b6-7be1e3d36a35','dagster/partition','east');
INSERT INTO "run_tags" VALUES(4,'52efb6d5-498d-4e14-b1b6-7be1e3d36a35','dagster/partition_set','rank_region_partition_set');
CREATE TABLE runs (
	id INTEGER NOT NULL, 
	run_id VARCHAR(255), 
	snapshot_id VARCHAR(255), 
	pipeline_name TEXT, 
	mode TEXT, 
	status VARCHAR(63), 
	run_body TEXT, 
	partition TEXT, 
	partition_set TEXT, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	update_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	start_time FLOAT, 
	end_time FLOAT, 
	backfill_id VARCHAR(255), 
	PRIMARY KEY (id), 
	UNIQUE (run_id), 
	CONSTRAINT fk_runs_snapshot_id_snapshots_snapshot_id FOREIGN KEY(snapshot_id) REFERENCES snapshots (snapshot_id)
);
INSERT INTO "runs" VALUES(1,'80bc409a-e194-4a06-a575-c31dcafc9cd5','3427996a3f7e0edc0fe6b65f5af16ce1d1e4ef75','rank_region',NULL,'SUCCESS','{"__class__": "PipelineRun", "asset_check_selection": null, "asset_selection": {"__frozenset__": []}, "execution_plan_snapshot_id": "41c241386529a1ad0bd21542be99fe31ca4a2ba1", "external_pipeline_origin": null, "has_repository_load_data": false, "mode": null, "parent_run_id": null, "partitions_subset": null, "pipeline_code_origin": null, "pipeline_name": "rank_region", "pipeline_snapshot_id": "3427996a3f7e0edc0fe6b65f5af16ce1d1e4ef75", "root_run_id": null, "run_config": {}, "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "run_op_concurrency": null, "solid_selection": null, "solids_to_execute": null, "status": {"__enum__": "PipelineRunStatus.SUCCESS"}, "step_keys_to_execute": ["blocks", "blocks_rows"], "tags": {"dagster/partition": "east", "dagster/partition_set": "rank_region_partition_set"}}','east','rank_region_partition_set','2026-11-28 06:42:10.360752','2026-11-28 06:42:11.546180',1.79584813091517591469e+09,1795848131.54618,NULL);
INSERT INTO "runs" VALUES(2,'52efb6d5-498d-4e14-b1b6-7be1e3d36a35','3427996a3f7e0edc0fe6b65f5af16ce1d1e4ef75','rank_region',NULL,'SUCCESS','{"__class__": "PipelineRun", "asset_check_selection": null, "asset_selection": {"__frozenset__": []}, "execution_plan_snapshot_id": "41c241386529a1ad0bd21542be99fe31ca4a2ba1", "external_pipeline_origin": null, "has_repository_load_data": false, "mode": null, "parent_run_id": null, "partitions_subset": null, "pipeline_code_origin": null, "pipeline_name": "rank_region", "pipeline_snapshot_id": "3427996a3f7e0edc0fe6b65f5af16ce1d1e4ef75", "root_run_id": null, "run_config": {}, "run_id": "52efb6d5-498d-4e14-b1b6-7be1e3d36a35", "run_op_concurrency": null, "solid_selection": null, "solids_to_execute": null, "status": {"__enum__": "PipelineRunStatus.SUCCESS"}, "step_keys_to_execute": ["blocks", "blocks_rows"], "tags": {"dagster/partition": "east", "dagster/partition_set": "rank_region_partition_set"}}','east','rank_region_partition_set','2026-11-28 06:42:11.686494','2026-11-28 06:42:12.670180',1.79584813221528100972e+09,1795848132.67018,NULL);
CREATE TABLE secondary_indexes (
	id INTEGER NOT NULL, 
	name VARCHAR(512), 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	migration_completed DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "secondary_indexes" VALUES(1,'run_partitions','2026-11-28 06:42:09','2026-11-28 06:42:09.124779');
INSERT INTO "secondary_indexes" VALUES(2,'run_repo_label_tags','2026-11-28 06:42:09','2026-11-28 06:42:09.157081');
INSERT INTO "secondary_indexes" VALUES(3,'bulk_action_types','2026-11-28 06:42:09','2026-11-28 06:42:09.183540');
INSERT INTO "secondary_indexes" VALUES(4,'run_backfill_id','2026-11-28 06:42:09','2026-11-28 06:42:09.195230');
INSERT INTO "secondary_indexes" VALUES(5,'backfill_job_name_and_tags','2026-11-28 06:42:09','2026-11-28 06:42:09.227362');
INSERT INTO "secondary_indexes" VALUES(6,'backfill_end_timestamp','2026-11-28 06:42:09','2026-11-28 06:42:09.254339');
INSERT INTO "secondary_indexes" VALUES(7,'run_start_end_overwritten','2026-11-28 06:42:09','2026-11-28 06:42:09.289823');
CREATE TABLE snapshots (
	id INTEGER NOT NULL, 
	snapshot_id VARCHAR(255) NOT NULL, 
	snapshot_body BLOB NOT NULL, 
	snapshot_type VARCHAR(63) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (snapshot_id)
);
INSERT INTO "snapshots" VALUES(1,'3427996a3f7e0edc0fe6b65f5af16ce1d1e4ef75',X'789CED5C5973E33612FE2B2CBDEC4BE222088247DE3C57C6B55E3B35721EB662170B041A163314C92529CF7AA7FCDF17E0A193A421599235891F66645240A3FBEB03DD205BDF4741C0625A144130FAC518FD16651047098C139A1593B41CFD648C589A88E83E28D804A63428DA6F7E31BEAFCE7D5F8D1B57C396E7D3380E5A1AEA76103E065FE1B122709E3CF611BA79CC2A3614090E05CBA3AC8CD2440E4866712C6F42329B060F349E41B1B8292288F9D2F57DF4004990D02928CA6A3979B35E7D7E1525BC61A222B9C6C33FE5D767E757FF1E3DC9B105A331CD83664AB34629470519CDE954C9D52EAE86BF4BD3787BF946A3DDA4AB565B8837BFD4906FFCFEFCF2FC4B87885DB3C6D5886ADEBBEBEBCB6A563F069FE294F65ACBFE41A8975BA0B0B83E200C9F2EAFCF6F9EC1E12239220A6AB10506EDD50111B8B87A4EFE7AF0EF8914EC4C99E6CF63888195697E1602E1047921F6C173A88D19111600A382608F21E130D7452824FE11234573AFC16F0FAC6F057FF0FBD5C5F5D53601E78FB9B76FCFDADDBA762A9759C8C84D936217B067BA1CBBCC178ECF9863F9BECB6C4A844D91EB0061F824D4B32BEF07D7CF3C0E6DCFDB8682A43F2F44A4BEEBFBA1EF228E2CCAC035A9C53DCFC4CCF3E43F07DBC8E5A66B919350CF6E9C1F5C394D80DC9EB30DD58CCB3C4AEE17328269BB16663EF77DA56B1A5AC8321D1B93D0B22CDB6542BAA96739A711DB7666FEE00AAA395BD1913673B58EDA69167191897C8128B14CE411CC1132B1856C421906826DD37185BC3C9042FEE824FA497DBDA02AE82C2E832C4F1F220E0A1941E30296BEAAC807B408FE2CD22428CA7CB152274F5111E4F09F599457D4CA7CA688B5B902240FA316F6D6286AB89FEE9EB19DAD41D535948F971FDFDF5C77E521CFE6DCA712184F50D38AC686AA273483333B2438743117D8B6B087B8C94D221306EC200F73E6FB2CF41DB91B594A21A7275716B1AF31FC1525AB88AD0BA6762B6DD7DCFB26BB0FD77CE58CFFCD35DF5CF330AE595561DABEB9F7EA711FBEF9CAE5DE9B6FBEF9E6617CB3AEC0B59D73EF4707FB70CE572E27DF9CF3CD390FE39CDB569C7B3F9AD887770A4B80C305678E49916FBBD4131EB84C860F979AC80A6DD77448C8FE46670B6FDEF9A349D6E99DEA49A9B66B6A7BC1315CB3D288E9214C6CC7C1A1CFEDD013A1E088851E60E2B90EF691E513F93F1627E5978D5E86943CBA1D5D5C7DBABE1D753C38BC998011A7F7F790FFA330CA490EC5248DF9D96843FFAD35B506202705313C40DC17A277B45A3D7938BD2F4AC87B45525C1AA9301ED359DEC8A72153F5B9E38EB39D05E9DAF4CD978BF737C1F8F3F96F1F5F60D7023C4C307742625B943141B91F020B794821F42DE1D83E84A14F7F38BBFE7EBB30C35B79A3B5F39FE45F4A4BF5BDB9AD3CF5184BB386C1D2389586213F93228D41DF6EEAD756BAC3BCB649685A98AE2E8F6A61C80B2D41A94020383109766DE10A8B08163A0838F1434E42F0083A290BDBEFFEB86E13212D20E051DE1D4FC6322E3150626BEA5D1BE1A3EADDB685455D841D97982E708EA4613B9233ECCBF49AD9586EE3D8F15178527AD78A2C1DB1424BED43A1405B877A26A10DFE714D4237AD3D2593386C1140CBC98BB20A6D488FAA6847383EA584595430E6210192A710B9921BB0894B5CC13D931238ADE7A6BBFA7E437E96833149BF19329FC80A83CA2BF82FB0592993866F51398912831AF92CD14819EA79515FD9EBDA186CD7570FC9090B2D9B988ECDB9833158C80D65C4B07D8A10750F9A666B0051A7488501D3A834A65014F41E8A6DB168887423019E4FB84F40D68A260821839C6733D711B64D2D1ABAA6E70B93D97E7858246E47619CB2AF85CA28BF3FA9FCB2BE0EF2F45B7373182C894419C99AA4722828156622CD8D549A91FC902C4359684025C7F7C0441120DBC1406D2E8385EF53004A3D22083129B3900D2E22B6B7FB6982264C511A4C6922AD20AF50B96D36C406220DCF9A509582CB3AB4CA906A278BA6590C534876F0B339A16ED87C30CD106319AB04209F78145B1CCBCD54A6EC26B3E42DCFB36CEA589A915A3B261E35526B0793538AD487CDCEBBD334ADF3ABED203DAAA2B5ADF99414AD195856E248471879378BE2F2671919441443F12877E8A971716D34C1C82827B494DBB6ACEF65484954809119183CC8AB5A1C6356C884CCA80E6CE51F1A916511E97ACE7775D3733D8BD3D6ED512D4E7B773E258B3B786851A7473DA741BAC7377A46A10DFF718D4237173925A338E8A9409D2CFE60A9FE16925569F04BC5D3B3785DDB3A96C5D785FCD13AB6166FB8AF9E24E88ABB63DF9682E9EAD7E75AB7D68F365FAD59619D91ADD0D953E381F6CBEE77B22E5248D48F29828ABC12ABC828838146DA0FF504C5FD553B7CBDA17685A85E5BED12D94125F1A8C862FAB8DE342BC345A852B12859841E8D46DAA555573A69E39472C97FD355FC9267C8532AE947348EFEB74EAF11684D900E35DFF537EBEE8A5ADB8F3700DB6083EE3A6E4B0EDE0DDD5E7A14B5B16C79EF03B3A7EB775734E7DD7303700E77FABE04CF1734156A033AE7BE0FD1CEFEE15DF16C1ADE06D01CEA197E09963B77006A23D970DE87E355AACE993A76F65DB16C090EE3B9344A0BD3ABEB9BCFEDCEDC056AC38C362A4BEBF721D397F2EC0ACC62EF1CC0E59934E725A6F69276466D5C17FC77C25A670090A97C7CC6CA593EB8F143060987843D8EDBD1CBFBBEAC3E231E44C943CAA842BEA6D451188DD5C08BF9B856695192CDCAA062A69D78572B873F4A7122164C6996AD5403F592B2C208362B9EFABB8E4A48AA6C549DE66CD435FA8CAD4DBC502396E05999B8C9C292482C8D95FA97649A65521720B594CE4A35BD6FCDEBEAEBCF34E1F1DCEE9B294B87D0B2F2EA05E3E9EE695780E7855717E145553687FAEEA9CF2BEF739A4D5656C869F255967EF7CD432AF57B2FF47EC52EDBE09272A866F641F42F39E00388C1A8503F041A2473590D5922D4FC5C4C551954B3FA2A8EB7978DD65F36DA99B9F563AECA74DB9BCD7C35AE7DF032A8D12FCDA057D3E9EBBEE6B1A984039C62779C57573ACBD3B46C7F7069B787582BAA5F8B16F92C09E6616739804549A4842D06F6B72AFC7F580C5DFD95A96996165129E3D03C24AE6C531DB77BC8EFDDE25EED91552FC166C35C836873236CF6AB21D4EA6D6E398A2F1F2DAC56F87DD235DBDB9270832FCE34DB666DADCDA8601E57E6C993462EF177D576777A34A8C2A502A073958DDC65E3DE3CEDF8EB585595362D2EFF0FD856E423','PIPELINE');
INSERT INTO "snapshots" VALUES(2,'41c241386529a1ad0bd21542be99fe31ca4a2ba1',X'789CE5544D4F1B3110FD2B68CF15228504D15B84821A51086AD24BA3C832BBB3C4CAAEEDDA5E6840F9EF9DF17A3FC2865450AA1E7ADBF57CBD9979F39E22C6E28C5BCB58F4E9201AFD84B87042C99B8CCBA9E4DA2E958B3E1C44DC3891F2D859A6C158611D24E8EF4C0168041FA50C933C077C964596E1B390C2099EB195540F9259C71D199FB62B5E92B12E3BF54E189BAC31978859CEB516F2CE52E006DF3537205D9D2C54D206EE852A2C33E0CC9A71E720D7AE0E32C093355385D345F9881052A31E415A701EC67C417ED8950E6EEC9EDA54D2D6462D34644202B3612C4CD008A2E3938FA76767037E9C9EC21124F1510A83DB413FEDF3B43788A197F4E004D2D33E75558786EC18DFABEAAE606D9953AC1C2635378F6E3315AF2C45965FCCA8071B2D4288C7F6F4C202A7E8400B8CFC2242E3730AC542E4D9E45E099984A9802CF23211C55FA2E1F07C7275F36D368A680639389E70C799C001D7099BC1EE4533F16E15A684DF610F86B9B50616200DE59A4C8145B8365B649E7DDA28A49D1360BB046A52DF345EC4584BCB8D9710AF42FE4096D20015348FA0D3FE909C6AF8337439BC1ACE465FC7C32FE3EFC3D97872ED0752E62AD33FC3E5335C82EF4873B76C2FD4134A58E6C39B3BAA5E98A673A3C2ED2B436BB80A7C4B7966C3A3811F85306D4FA4589125783B38603C40F108558467B9CA44C2965C26D98E7B9C92F573696CEDA2614B7981619C9BCDE259C670158DBF27F78BD5D0D814EB30F37DA1E28BE3414AF0E77597B3CF7B2C7F43EC6BE596A862BB515A559878477B1746E50DB9C933E59209D9DE3E15AE54377AF3C4BAB37A2686FBD657C26B9206C5DEBEB990A77BD995F4B546E2175568EB50B6F36D04BB36F177302C361DA92CC5F73FD2CB5D82764EF6A06A7F227E35669A69A3A41D55DED2ECAD75B6E4B32586BBF4B365FED7025A73E8352A5A07BD554A9B04EF8F7C4B54179B5F4BF27FC1','EXECUTION_PLAN');
CREATE INDEX idx_bulk_actions_status ON bulk_actions (status);
CREATE INDEX idx_bulk_actions_action_type ON bulk_actions (action_type);
CREATE INDEX idx_bulk_actions ON bulk_actions ("key");
CREATE INDEX idx_bulk_actions_selector_id ON bulk_actions (selector_id);
CREATE INDEX idx_backfill_tags_backfill_id ON backfill_tags (backfill_id, id);
CREATE UNIQUE INDEX idx_kvs_keys_unique ON kvs ("key");
CREATE INDEX idx_runs_by_job ON runs (pipeline_name, id);
CREATE INDEX idx_run_range ON runs (status, update_timestamp, create_timestamp);
CREATE INDEX idx_run_status ON runs (status);
CREATE INDEX idx_run_partitions ON runs (partition_set, partition);
CREATE INDEX idx_runs_by_backfill_id ON runs (backfill_id, id);
CREATE INDEX idx_run_tags ON run_tags ("key", value);
CREATE INDEX idx_run_tags_run_idx ON run_tags (run_id, id);
COMMIT;
-- file: history/runs/index.db
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('7e2f3204cf8e');
CREATE TABLE asset_check_executions (
	id INTEGER NOT NULL, 
	asset_key TEXT, 
	check_name TEXT, 
	partition TEXT, 
	run_id VARCHAR(255), 
	execution_status VARCHAR(255), 
	evaluation_event TEXT, 
	evaluation_event_timestamp DATETIME, 
	evaluation_event_storage_id INTEGER, 
	materialization_event_storage_id INTEGER, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id)
);
INSERT INTO "asset_check_executions" VALUES(1,'["blocks"]','rows',NULL,'80bc409a-e194-4a06-a575-c31dcafc9cd5','SUCCEEDED','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "AssetCheckEvaluation", "asset_key": {"__class__": "AssetKey", "path": ["blocks"]}, "blocking": false, "check_name": "rows", "description": null, "metadata": {"rows": {"__class__": "IntMetadataEntryData", "value": 3}}, "severity": {"__enum__": "AssetCheckSeverity.ERROR"}, "success": true, "target_materialization_data": {"__class__": "AssetCheckEvaluationTargetMaterializationData", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "storage_id": 3, "timestamp": 1795848131.1879516}}, "event_type_value": "ASSET_CHECK_EVALUATION", "logging_tags": {"job_name": "rank_region", "op_name": "blocks_rows", "resource_fn_name": "None", "resource_name": "None", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks_rows"}, "message": "Asset check ''rows'' on ''blocks'' passed.", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": {"__class__": "SolidHandle", "name": "blocks_rows", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "blocks_rows", "solid_handle": {"__class__": "SolidHandle", "name": "blocks_rows", "parent": null}}, "step_key": "blocks_rows", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks_rows", "timestamp": 1795848131.4110868, "user_message": "Asset check ''rows'' on ''blocks'' passed."}','2026-11-28 06:42:11.411087',NULL,3,'2026-11-28 06:42:10');
INSERT INTO "asset_check_executions" VALUES(2,'["blocks"]','rows',NULL,'52efb6d5-498d-4e14-b1b6-7be1e3d36a35','SUCCEEDED','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "AssetCheckEvaluation", "asset_key": {"__class__": "AssetKey", "path": ["blocks"]}, "blocking": false, "check_name": "rows", "description": null, "metadata": {"rows": {"__class__": "IntMetadataEntryData", "value": 3}}, "severity": {"__enum__": "AssetCheckSeverity.ERROR"}, "success": true, "target_materialization_data": {"__class__": "AssetCheckEvaluationTargetMaterializationData", "run_id": "52efb6d5-498d-4e14-b1b6-7be1e3d36a35", "storage_id": 7, "timestamp": 1795848132.4262223}}, "event_type_value": "ASSET_CHECK_EVALUATION", "logging_tags": {"job_name": "rank_region", "op_name": "blocks_rows", "resource_fn_name": "None", "resource_name": "None", "run_id": "52efb6d5-498d-4e14-b1b6-7be1e3d36a35", "step_key": "blocks_rows"}, "message": "Asset check ''rows'' on ''blocks'' passed.", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": {"__class__": "SolidHandle", "name": "blocks_rows", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "blocks_rows", "solid_handle": {"__class__": "SolidHandle", "name": "blocks_rows", "parent": null}}, "step_key": "blocks_rows", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "52efb6d5-498d-4e14-b1b6-7be1e3d36a35", "step_key": "blocks_rows", "timestamp": 1795848132.574377, "user_message": "Asset check ''rows'' on ''blocks'' passed."}','2026-11-28 06:42:12.574377',NULL,7,'2026-11-28 06:42:12');
CREATE TABLE asset_event_tags (
	id INTEGER NOT NULL, 
	event_id INTEGER, 
	asset_key TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	value TEXT, 
	event_timestamp TIMESTAMP, 
	PRIMARY KEY (id)
);
INSERT INTO "asset_event_tags" VALUES(1,3,'["blocks"]','dagster/data_version','1','2026-11-28 06:42:11.187952');
INSERT INTO "asset_event_tags" VALUES(2,7,'["blocks"]','dagster/data_version','1','2026-11-28 06:42:12.426222');
CREATE TABLE asset_keys (
	id INTEGER NOT NULL, 
	asset_key VARCHAR(512), 
	last_materialization TEXT, 
	last_run_id VARCHAR(255), 
	asset_details TEXT, 
	wipe_timestamp TIMESTAMP, 
	last_materialization_timestamp TIMESTAMP, 
	tags TEXT, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	cached_status_data TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (asset_key)
);
INSERT INTO "asset_keys" VALUES(1,'["blocks"]','{"__class__": "EventLogRecord", "event_log_entry": {"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization", "asset_key": {"__class__": "AssetKey", "path": ["blocks"]}, "description": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "IntMetadataEntryData", "value": 3}, "label": "rows"}], "partition": "east", "tags": {"dagster/code_version": "52efb6d5-498d-4e14-b1b6-7be1e3d36a35", "dagster/data_version": "1", "dagster/data_version_is_user_provided": "true"}}}, "event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "rank_region", "op_name": "blocks", "resource_fn_name": "None", "resource_name": "None", "run_id": "52efb6d5-498d-4e14-b1b6-7be1e3d36a35", "step_key": "blocks"}, "message": "Materialized value blocks.", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "blocks", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}}, "step_key": "blocks", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "52efb6d5-498d-4e14-b1b6-7be1e3d36a35", "step_key": "blocks", "timestamp": 1795848132.4262223, "user_message": "Materialized value blocks."}, "storage_id": 7}','52efb6d5-498d-4e14-b1b6-7be1e3d36a35',NULL,NULL,'2026-11-28 06:42:12.426222',NULL,'2026-11-28 06:42:10',NULL);
CREATE TABLE concurrency_limits (
	id INTEGER NOT NULL, 
	concurrency_key VARCHAR(512) NOT NULL, 
	"limit" INTEGER NOT NULL, 
	using_default_limit BOOLEAN DEFAULT 0 NOT NULL, 
	update_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id), 
	UNIQUE (concurrency_key)
);
CREATE TABLE concurrency_slots (
	id INTEGER NOT NULL, 
	concurrency_key TEXT NOT NULL, 
	run_id TEXT, 
	step_key TEXT, 
	deleted BOOLEAN NOT NULL, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id)
);
CREATE TABLE dynamic_partitions (
	id INTEGER NOT NULL, 
	partitions_def_name TEXT NOT NULL, 
	partition TEXT NOT NULL, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id)
);
CREATE TABLE event_logs (
	id INTEGER NOT NULL, 
	run_id VARCHAR(255), 
	event TEXT NOT NULL, 
	dagster_event_type TEXT, 
	timestamp TIMESTAMP, 
	step_key TEXT, 
	asset_key TEXT, 
	partition TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "event_logs" VALUES(1,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "AssetMaterializationPlannedData", "asset_key": {"__class__": "AssetKey", "path": ["blocks"]}, "partition": "east", "partitions_subset": null}, "event_type_value": "ASSET_MATERIALIZATION_PLANNED", "logging_tags": {}, "message": "rank_region intends to materialize asset [\"blocks\"]", "pid": null, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": "blocks", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks", "timestamp": 1795848130.3711298, "user_message": ""}','ASSET_MATERIALIZATION_PLANNED','2026-11-28 06:42:10.371130','blocks','["blocks"]','east');
INSERT INTO "event_logs" VALUES(2,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_START", "logging_tags": {}, "message": "Started execution of run for \"rank_region\".", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": null, "timestamp": 1795848130.9151764, "user_message": "Started execution of run for \"rank_region\"."}','PIPELINE_START','2026-11-28 06:42:10.915176',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(3,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization", "asset_key": {"__class__": "AssetKey", "path": ["blocks"]}, "description": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "IntMetadataEntryData", "value": 3}, "label": "rows"}], "partition": "east", "tags": {"dagster/code_version": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "dagster/data_version": "1", "dagster/data_version_is_user_provided": "true"}}}, "event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "rank_region", "op_name": "blocks", "resource_fn_name": "None", "resource_name": "None", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks"}, "message": "Materialized value blocks.", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "blocks", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}}, "step_key": "blocks", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks", "timestamp": 1795848131.1879516, "user_message": "Materialized value blocks."}','ASSET_MATERIALIZATION','2026-11-28 06:42:11.187952','blocks','["blocks"]','east');
INSERT INTO "event_logs" VALUES(4,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_SUCCESS", "logging_tags": {}, "message": "Finished execution of run for \"rank_region\".", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": null, "timestamp": 1795848131.5461798, "user_message": "Finished execution of run for \"rank_region\"."}','PIPELINE_SUCCESS','2026-11-28 06:42:11.546180',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(5,'52efb6d5-498d-4e14-b1b6-7be1e3d36a35','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "AssetMaterializationPlannedData", "asset_key": {"__class__": "AssetKey", "path": ["blocks"]}, "partition": "east", "partitions_subset": null}, "event_type_value": "ASSET_MATERIALIZATION_PLANNED", "logging_tags": {}, "message": "rank_region intends to materialize asset [\"blocks\"]", "pid": null, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": "blocks", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "52efb6d5-498d-4e14-b1b6-7be1e3d36a35", "step_key": "blocks", "timestamp": 1795848131.7105026, "user_message": ""}','ASSET_MATERIALIZATION_PLANNED','2026-11-28 06:42:11.710503','blocks','["blocks"]','east');
INSERT INTO "event_logs" VALUES(6,'52efb6d5-498d-4e14-b1b6-7be1e3d36a35','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_START", "logging_tags": {}, "message": "Started execution of run for \"rank_region\".", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "52efb6d5-498d-4e14-b1b6-7be1e3d36a35", "step_key": null, "timestamp": 1795848132.2152815, "user_message": "Started execution of run for \"rank_region\"."}','PIPELINE_START','2026-11-28 06:42:12.215281',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(7,'52efb6d5-498d-4e14-b1b6-7be1e3d36a35','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization", "asset_key": {"__class__": "AssetKey", "path": ["blocks"]}, "description": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "IntMetadataEntryData", "value": 3}, "label": "rows"}], "partition": "east", "tags": {"dagster/code_version": "52efb6d5-498d-4e14-b1b6-7be1e3d36a35", "dagster/data_version": "1", "dagster/data_version_is_user_provided": "true"}}}, "event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "rank_region", "op_name": "blocks", "resource_fn_name": "None", "resource_name": "None", "run_id": "52efb6d5-498d-4e14-b1b6-7be1e3d36a35", "step_key": "blocks"}, "message": "Materialized value blocks.", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "blocks", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}}, "step_key": "blocks", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "52efb6d5-498d-4e14-b1b6-7be1e3d36a35", "step_key": "blocks", "timestamp": 1795848132.4262223, "user_message": "Materialized value blocks."}','ASSET_MATERIALIZATION','2026-11-28 06:42:12.426222','blocks','["blocks"]','east');
INSERT INTO "event_logs" VALUES(8,'52efb6d5-498d-4e14-b1b6-7be1e3d36a35','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_SUCCESS", "logging_tags": {}, "message": "Finished execution of run for \"rank_region\".", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "52efb6d5-498d-4e14-b1b6-7be1e3d36a35", "step_key": null, "timestamp": 1795848132.67018, "user_message": "Finished execution of run for \"rank_region\"."}','PIPELINE_SUCCESS','2026-11-28 06:42:12.670180',NULL,NULL,NULL);
CREATE TABLE pending_steps (
	id INTEGER NOT NULL, 
	concurrency_key TEXT NOT NULL, 
	run_id TEXT, 
	step_key TEXT, 
	priority INTEGER, 
	assigned_timestamp DATETIME, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id)
);
CREATE TABLE secondary_indexes (
	id INTEGER NOT NULL, 
	name VARCHAR(512), 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	migration_completed DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "secondary_indexes" VALUES(1,'asset_key_table','2026-11-28 06:42:09','2026-11-28 06:42:09.789972');
INSERT INTO "secondary_indexes" VALUES(2,'asset_key_index_columns','2026-11-28 06:42:09','2026-11-28 06:42:09.812247');
CREATE INDEX idx_events_by_asset_partition ON event_logs (asset_key, dagster_event_type, partition, id);
CREATE INDEX idx_events_by_run_id ON event_logs (run_id, id);
CREATE INDEX idx_events_by_asset ON event_logs (asset_key, dagster_event_type, id);
CREATE INDEX idx_event_type ON event_logs (dagster_event_type, id);
CREATE INDEX idx_step_key ON event_logs (step_key);
CREATE INDEX idx_asset_event_tags ON asset_event_tags (asset_key, "key", value);
CREATE INDEX idx_asset_event_tags_event_id ON asset_event_tags (event_id);
CREATE UNIQUE INDEX idx_dynamic_partitions ON dynamic_partitions (partitions_def_name, partition);
CREATE UNIQUE INDEX idx_pending_steps ON pending_steps (concurrency_key, run_id, step_key);
CREATE INDEX idx_asset_check_executions ON asset_check_executions (asset_key, check_name, materialization_event_storage_id, partition);
CREATE UNIQUE INDEX idx_asset_check_executions_unique ON asset_check_executions (asset_key, check_name, run_id, partition);
COMMIT;
-- file: history/runs/80bc409a-e194-4a06-a575-c31dcafc9cd5.db
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('7e2f3204cf8e');
CREATE TABLE asset_check_executions (
	id INTEGER NOT NULL, 
	asset_key TEXT, 
	check_name TEXT, 
	partition TEXT, 
	run_id VARCHAR(255), 
	execution_status VARCHAR(255), 
	evaluation_event TEXT, 
	evaluation_event_timestamp DATETIME, 
	evaluation_event_storage_id INTEGER, 
	materialization_event_storage_id INTEGER, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id)
);
CREATE TABLE asset_event_tags (
	id INTEGER NOT NULL, 
	event_id INTEGER, 
	asset_key TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	value TEXT, 
	event_timestamp TIMESTAMP, 
	PRIMARY KEY (id)
);
CREATE TABLE asset_keys (
	id INTEGER NOT NULL, 
	asset_key VARCHAR(512), 
	last_materialization TEXT, 
	last_run_id VARCHAR(255), 
	asset_details TEXT, 
	wipe_timestamp TIMESTAMP, 
	last_materialization_timestamp TIMESTAMP, 
	tags TEXT, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	cached_status_data TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (asset_key)
);
CREATE TABLE concurrency_limits (
	id INTEGER NOT NULL, 
	concurrency_key VARCHAR(512) NOT NULL, 
	"limit" INTEGER NOT NULL, 
	using_default_limit BOOLEAN DEFAULT 0 NOT NULL, 
	update_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id), 
	UNIQUE (concurrency_key)
);
CREATE TABLE concurrency_slots (
	id INTEGER NOT NULL, 
	concurrency_key TEXT NOT NULL, 
	run_id TEXT, 
	step_key TEXT, 
	deleted BOOLEAN NOT NULL, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id)
);
CREATE TABLE dynamic_partitions (
	id INTEGER NOT NULL, 
	partitions_def_name TEXT NOT NULL, 
	partition TEXT NOT NULL, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id)
);
CREATE TABLE event_logs (
	id INTEGER NOT NULL, 
	run_id VARCHAR(255), 
	event TEXT NOT NULL, 
	dagster_event_type TEXT, 
	timestamp TIMESTAMP, 
	step_key TEXT, 
	asset_key TEXT, 
	partition TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "event_logs" VALUES(1,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "AssetMaterializationPlannedData", "asset_key": {"__class__": "AssetKey", "path": ["blocks"]}, "partition": "east", "partitions_subset": null}, "event_type_value": "ASSET_MATERIALIZATION_PLANNED", "logging_tags": {}, "message": "rank_region intends to materialize asset [\"blocks\"]", "pid": null, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": "blocks", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks", "timestamp": 1795848130.3711298, "user_message": ""}','ASSET_MATERIALIZATION_PLANNED','2026-11-28 06:42:10.371130','blocks','["blocks"]','east');
INSERT INTO "event_logs" VALUES(2,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "AssetCheckEvaluationPlanned", "asset_key": {"__class__": "AssetKey", "path": ["blocks"]}, "check_name": "rows"}, "event_type_value": "ASSET_CHECK_EVALUATION_PLANNED", "logging_tags": {}, "message": "rank_region intends to execute asset check rows on asset [\"blocks\"]", "pid": null, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": "blocks_rows", "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks_rows", "timestamp": 1795848130.8668172, "user_message": ""}','ASSET_CHECK_EVALUATION_PLANNED','2026-11-28 06:42:10.866817','blocks_rows',NULL,NULL);
INSERT INTO "event_logs" VALUES(3,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_START", "logging_tags": {}, "message": "Started execution of run for \"rank_region\".", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": null, "timestamp": 1795848130.9151764, "user_message": "Started execution of run for \"rank_region\"."}','PIPELINE_START','2026-11-28 06:42:10.915176',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(4,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "17578"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "[''blocks'', ''blocks_rows'']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Executing steps in process (pid: 17578)", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": null, "timestamp": 1795848131.0034556, "user_message": "Executing steps in process (pid: 17578)"}','ENGINE_EVENT','2026-11-28 06:42:11.003456',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(5,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": "resources", "metadata_entries": []}, "event_type_value": "RESOURCE_INIT_STARTED", "logging_tags": {}, "message": "Starting initialization of resources [io_manager].", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": null, "timestamp": 1795848131.0233572, "user_message": "Starting initialization of resources [io_manager]."}','RESOURCE_INIT_STARTED','2026-11-28 06:42:11.023357',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(6,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": "resources", "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "PythonArtifactMetadataEntryData", "module": "dagster._core.storage.fs_io_manager", "name": "PickledObjectFilesystemIOManager"}, "label": "io_manager"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "0.22ms"}, "label": "io_manager:init_time"}]}, "event_type_value": "RESOURCE_INIT_SUCCESS", "logging_tags": {}, "message": "Finished initialization of resources [io_manager].", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": null, "timestamp": 1795848131.0516694, "user_message": "Finished initialization of resources [io_manager]."}','RESOURCE_INIT_SUCCESS','2026-11-28 06:42:11.051669',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(7,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "ComputeLogsCaptureData", "external_stderr_url": null, "external_stdout_url": null, "external_url": null, "log_key": "ebdcqnyb", "shell_cmd": null, "step_keys": ["blocks", "blocks_rows"]}, "event_type_value": "LOGS_CAPTURED", "logging_tags": {}, "message": "Started capturing logs in process (pid: 17578).", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": null, "timestamp": 1795848131.0939102, "user_message": "Started capturing logs in process (pid: 17578)."}','LOGS_CAPTURED','2026-11-28 06:42:11.093910',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(8,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "STEP_START", "logging_tags": {"job_name": "rank_region", "op_name": "blocks", "resource_fn_name": "None", "resource_name": "None", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks"}, "message": "Started execution of step \"blocks\".", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "blocks", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}}, "step_key": "blocks", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks", "timestamp": 1795848131.1351075, "user_message": "Started execution of step \"blocks\"."}','STEP_START','2026-11-28 06:42:11.135108','blocks',NULL,NULL);
INSERT INTO "event_logs" VALUES(9,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepOutputData", "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "IntMetadataEntryData", "value": 3}, "label": "rows"}], "step_output_handle": {"__class__": "StepOutputHandle", "mapping_key": null, "output_name": "result", "step_key": "blocks"}, "type_check_data": {"__class__": "TypeCheckData", "description": null, "label": "result", "metadata_entries": [], "success": true}, "version": null}, "event_type_value": "STEP_OUTPUT", "logging_tags": {"job_name": "rank_region", "op_name": "blocks", "resource_fn_name": "None", "resource_name": "None", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks"}, "message": "Yielded output \"result\" of type \"Any\". (Type check passed).", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "blocks", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}}, "step_key": "blocks", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks", "timestamp": 1795848131.1640005, "user_message": "Yielded output \"result\" of type \"Any\". (Type check passed)."}','STEP_OUTPUT','2026-11-28 06:42:11.164001','blocks',NULL,NULL);
INSERT INTO "event_logs" VALUES(10,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization", "asset_key": {"__class__": "AssetKey", "path": ["blocks"]}, "description": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "IntMetadataEntryData", "value": 3}, "label": "rows"}], "partition": "east", "tags": {"dagster/code_version": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "dagster/data_version": "1", "dagster/data_version_is_user_provided": "true"}}}, "event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "rank_region", "op_name": "blocks", "resource_fn_name": "None", "resource_name": "None", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks"}, "message": "Materialized value blocks.", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "blocks", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}}, "step_key": "blocks", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks", "timestamp": 1795848131.1879516, "user_message": "Materialized value blocks."}','ASSET_MATERIALIZATION','2026-11-28 06:42:11.187952','blocks','["blocks"]','east');
INSERT INTO "event_logs" VALUES(11,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepSuccessData", "duration_ms": 141.02584100328386}, "event_type_value": "STEP_SUCCESS", "logging_tags": {"job_name": "rank_region", "op_name": "blocks", "resource_fn_name": "None", "resource_name": "None", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks"}, "message": "Finished execution of step \"blocks\" in 141ms.", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "blocks", "solid_handle": {"__class__": "SolidHandle", "name": "blocks", "parent": null}}, "step_key": "blocks", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks", "timestamp": 1795848131.3030982, "user_message": "Finished execution of step \"blocks\" in 141ms."}','STEP_SUCCESS','2026-11-28 06:42:11.303098','blocks',NULL,NULL);
INSERT INTO "event_logs" VALUES(12,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "STEP_START", "logging_tags": {"job_name": "rank_region", "op_name": "blocks_rows", "resource_fn_name": "None", "resource_name": "None", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks_rows"}, "message": "Started execution of step \"blocks_rows\".", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": {"__class__": "SolidHandle", "name": "blocks_rows", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "blocks_rows", "solid_handle": {"__class__": "SolidHandle", "name": "blocks_rows", "parent": null}}, "step_key": "blocks_rows", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks_rows", "timestamp": 1795848131.3225152, "user_message": "Started execution of step \"blocks_rows\"."}','STEP_START','2026-11-28 06:42:11.322515','blocks_rows',NULL,NULL);
INSERT INTO "event_logs" VALUES(13,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepOutputData", "metadata_entries": [], "step_output_handle": {"__class__": "StepOutputHandle", "mapping_key": null, "output_name": "result", "step_key": "blocks_rows"}, "type_check_data": {"__class__": "TypeCheckData", "description": null, "label": "result", "metadata_entries": [], "success": true}, "version": null}, "event_type_value": "STEP_OUTPUT", "logging_tags": {"job_name": "rank_region", "op_name": "blocks_rows", "resource_fn_name": "None", "resource_name": "None", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks_rows"}, "message": "Yielded output \"result\" of type \"Any\". (Type check passed).", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": {"__class__": "SolidHandle", "name": "blocks_rows", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "blocks_rows", "solid_handle": {"__class__": "SolidHandle", "name": "blocks_rows", "parent": null}}, "step_key": "blocks_rows", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks_rows", "timestamp": 1795848131.388892, "user_message": "Yielded output \"result\" of type \"Any\". (Type check passed)."}','STEP_OUTPUT','2026-11-28 06:42:11.388892','blocks_rows',NULL,NULL);
INSERT INTO "event_logs" VALUES(14,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "AssetCheckEvaluation", "asset_key": {"__class__": "AssetKey", "path": ["blocks"]}, "blocking": false, "check_name": "rows", "description": null, "metadata": {"rows": {"__class__": "IntMetadataEntryData", "value": 3}}, "severity": {"__enum__": "AssetCheckSeverity.ERROR"}, "success": true, "target_materialization_data": {"__class__": "AssetCheckEvaluationTargetMaterializationData", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "storage_id": 3, "timestamp": 1795848131.1879516}}, "event_type_value": "ASSET_CHECK_EVALUATION", "logging_tags": {"job_name": "rank_region", "op_name": "blocks_rows", "resource_fn_name": "None", "resource_name": "None", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks_rows"}, "message": "Asset check ''rows'' on ''blocks'' passed.", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": {"__class__": "SolidHandle", "name": "blocks_rows", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "blocks_rows", "solid_handle": {"__class__": "SolidHandle", "name": "blocks_rows", "parent": null}}, "step_key": "blocks_rows", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks_rows", "timestamp": 1795848131.4110868, "user_message": "Asset check ''rows'' on ''blocks'' passed."}','ASSET_CHECK_EVALUATION','2026-11-28 06:42:11.411087','blocks_rows',NULL,NULL);
INSERT INTO "event_logs" VALUES(15,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "StepSuccessData", "duration_ms": 109.55431400361704}, "event_type_value": "STEP_SUCCESS", "logging_tags": {"job_name": "rank_region", "op_name": "blocks_rows", "resource_fn_name": "None", "resource_name": "None", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks_rows"}, "message": "Finished execution of step \"blocks_rows\" in 109ms.", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": {"__class__": "SolidHandle", "name": "blocks_rows", "parent": null}, "step_handle": {"__class__": "StepHandle", "key": "blocks_rows", "solid_handle": {"__class__": "SolidHandle", "name": "blocks_rows", "parent": null}}, "step_key": "blocks_rows", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": "blocks_rows", "timestamp": 1795848131.4641871, "user_message": "Finished execution of step \"blocks_rows\" in 109ms."}','STEP_SUCCESS','2026-11-28 06:42:11.464187','blocks_rows',NULL,NULL);
INSERT INTO "event_logs" VALUES(16,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": {"__class__": "EngineEventData", "error": null, "marker_end": null, "marker_start": null, "metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "17578"}, "label": "pid"}, {"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData", "text": "[''blocks'', ''blocks_rows'']"}, "label": "step_keys"}]}, "event_type_value": "ENGINE_EVENT", "logging_tags": {}, "message": "Finished steps in process (pid: 17578) in 497ms", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": null, "timestamp": 1795848131.5194306, "user_message": "Finished steps in process (pid: 17578) in 497ms"}','ENGINE_EVENT','2026-11-28 06:42:11.519431',NULL,NULL,NULL);
INSERT INTO "event_logs" VALUES(17,'80bc409a-e194-4a06-a575-c31dcafc9cd5','{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null, "event_type_value": "PIPELINE_SUCCESS", "logging_tags": {}, "message": "Finished execution of run for \"rank_region\".", "pid": 17578, "pipeline_name": "rank_region", "solid_handle": null, "step_handle": null, "step_key": null, "step_kind_value": null}, "error_info": null, "level": 10, "message": "", "pipeline_name": "rank_region", "run_id": "80bc409a-e194-4a06-a575-c31dcafc9cd5", "step_key": null, "timestamp": 1795848131.5461798, "user_message": "Finished execution of run for \"rank_region\"."}','PIPELINE_SUCCESS','2026-11-28 06:42:11.546180',NULL,NULL,NULL);
CREATE TABLE pending_steps (
	id INTEGER NOT NULL, 
	concurrency_key TEXT NOT NULL, 
	run_id TEXT, 
	step_key TEXT, 
	priority INTEGER, 
	assigned_timestamp DATETIME, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id)
);
CREATE TABLE secondary_indexes (
	id INTEGER NOT NULL, 
	name VARCHAR(512), 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	migration_completed DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
CREATE INDEX idx_events_by_asset_partition ON event_logs (asset_key, dagster_event_type, partition, id);
CREATE INDEX idx_events_by_run_id ON event_logs (run_id, id);
CREATE INDEX idx_events_by_asset ON event_logs (asset_key, dagster_event_type, id);
CREATE INDEX idx_event_type ON event_logs (dagster_event_type, id);
CREATE INDEX idx_step_key ON event_logs (step_key);
CREATE INDEX idx_asset_event_tags ON asset_event_tags (asset_key, "key", value);
CREATE INDEX idx_asset_event_tags_event_id ON asset_event_tags (event_id);
CREATE UNIQUE INDEX idx_dynamic_partitions ON dynamic_partitions (partitions_def_name, partition);
CREATE UNIQUE INDEX idx_pending_steps ON pending_steps (concurrency_key, run_id, step_key);
CREATE INDEX idx_asset_check_executions ON asset_check_executions (asset_key, check_name, materialization_event_storage_id, partition);
CREATE UNIQUE INDEX idx_asset_check_executions_unique ON asset_check_executions (asset_key, check_name, run_id, partition);
COMMIT;
-- file: schedules/schedules.db
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('7e2f3204cf8e');
CREATE TABLE asset_daemon_asset_evaluations (
	id INTEGER NOT NULL, 
	evaluation_id INTEGER, 
	asset_key TEXT, 
	asset_evaluation_body TEXT, 
	num_requested INTEGER, 
	num_skipped INTEGER, 
	num_discarded INTEGER, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id)
);
CREATE TABLE instigators (
	id INTEGER NOT NULL, 
	selector_id VARCHAR(255), 
	repository_selector_id VARCHAR(255), 
	status VARCHAR(63), 
	instigator_type VARCHAR(63), 
	instigator_body TEXT, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	update_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id), 
	UNIQUE (selector_id)
);
CREATE TABLE job_ticks (
	id INTEGER NOT NULL, 
	job_origin_id VARCHAR(255), 
	selector_id VARCHAR(255), 
	status VARCHAR(63), 
	type VARCHAR(63), 
	timestamp TIMESTAMP, 
	tick_body TEXT, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	update_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id)
);
CREATE TABLE jobs (
	id INTEGER NOT NULL, 
	job_origin_id VARCHAR(255), 
	selector_id VARCHAR(255), 
	repository_origin_id VARCHAR(255), 
	status VARCHAR(63), 
	job_type VARCHAR(63), 
	job_body TEXT, 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	update_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	PRIMARY KEY (id), 
	UNIQUE (job_origin_id)
);
CREATE TABLE secondary_indexes (
	id INTEGER NOT NULL, 
	name VARCHAR(512), 
	create_timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, 
	migration_completed DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "secondary_indexes" VALUES(1,'schedule_jobs_selector_id','2026-11-28 06:42:10','2026-11-28 06:42:10.176428');
INSERT INTO "secondary_indexes" VALUES(2,'schedule_ticks_selector_id','2026-11-28 06:42:10','2026-11-28 06:42:10.212537');
CREATE INDEX ix_jobs_job_type ON jobs (job_type);
CREATE INDEX ix_instigators_instigator_type ON instigators (instigator_type);
CREATE INDEX ix_job_ticks_job_origin_id ON job_ticks (job_origin_id);
CREATE INDEX idx_tick_selector_timestamp ON job_ticks (selector_id, timestamp);
CREATE INDEX idx_job_tick_timestamp ON job_ticks (job_origin_id, timestamp);
CREATE INDEX idx_job_tick_status ON job_ticks (job_origin_id, status);
CREATE UNIQUE INDEX idx_asset_daemon_asset_evaluations_asset_key_evaluation_id ON asset_daemon_asset_evaluations (asset_key, evaluation_id);
CREATE INDEX ix_asset_daemon_asset_evaluations_evaluation_id ON asset_daemon_asset_evaluations (evaluation_id);
COMMIT;
