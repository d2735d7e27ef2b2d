-- A ledger as version 2 wrote it.
BEGIN TRANSACTION;
CREATE TABLE bill (
	panel INTEGER NOT NULL,
	start BIGINT NOT NULL,
	"end" BIGINT NOT NULL,
	fingerprint TEXT NOT NULL,
	content TEXT NOT NULL,
	PRIMARY KEY (panel, start),
	FOREIGN KEY(panel) REFERENCES panel (id)
)
 WITHOUT ROWID
;
INSERT INTO "bill" VALUES(1,1792584000,1795176000,'f1','{"total": "12.30"}');
CREATE TABLE hour (
	register INTEGER NOT NULL,
	hour BIGINT NOT NULL,
	energy BIGINT NOT NULL,
	PRIMARY KEY (register, hour),
	FOREIGN KEY(register) REFERENCES register (id)
)
 WITHOUT ROWID
;
INSERT INTO "hour" VALUES(1,1795165200,333333333);
INSERT INTO "hour" VALUES(1,1795168800,333333333);
INSERT INTO "hour" VALUES(1,1795172400,333333334);
INSERT INTO "hour" VALUES(1,1795176000,75);
INSERT INTO "hour" VALUES(2,1795176000,1);
INSERT INTO "hour" VALUES(3,1795176000,13);
INSERT INTO "hour" VALUES(4,1795176000,7);
INSERT INTO "hour" VALUES(5,1795176000,5);
INSERT INTO "hour" VALUES(6,1795176000,6);
CREATE TABLE interval (
	journal INTEGER NOT NULL,
	seq BIGINT NOT NULL,
	start BIGINT NOT NULL,
	"end" BIGINT NOT NULL,
	quality INTEGER NOT NULL,
	checksum BIGINT NOT NULL,
	energy TEXT NOT NULL,
	PRIMARY KEY (journal, seq),
	FOREIGN KEY(journal) REFERENCES journal (id)
)
 WITHOUT ROWID
;
INSERT INTO "interval" VALUES(1,1,1795176000,1795176300,0,0,'10,0,3');
INSERT INTO "interval" VALUES(1,2,1795176300,1795176600,0,0,'20,1,0');
INSERT INTO "interval" VALUES(1,4,1795176600,1795177200,64,4294967295,'45,0,10,7');
INSERT INTO "interval" VALUES(2,1,1795165200,1795176000,0,0,'1000000000');
INSERT INTO "interval" VALUES(3,1,1795176000,1795176300,0,0,'5,6');
CREATE TABLE journal (
	id INTEGER NOT NULL,
	panel INTEGER NOT NULL,
	name TEXT NOT NULL,
	watermark BIGINT NOT NULL,
	last_seq BIGINT NOT NULL,
	last_end BIGINT,
	last_energy TEXT,
	PRIMARY KEY (id),
	UNIQUE (panel, name),
	FOREIGN KEY(panel) REFERENCES panel (id)
);
INSERT INTO "journal" VALUES(1,1,'5c1e90aa',4,4,1795177200,'75,1,13,7');
INSERT INTO "journal" VALUES(2,1,'opening',1,0,1795176000,'1000000000');
INSERT INTO "journal" VALUES(3,2,'local',1,0,1795176300,'5,6');
CREATE TABLE meta (
	name TEXT NOT NULL,
	value BIGINT NOT NULL,
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('version',2);
CREATE TABLE panel (
	id INTEGER NOT NULL,
	name TEXT NOT NULL,
	description TEXT,
	PRIMARY KEY (id),
	UNIQUE (name)
);
INSERT INTO "panel" VALUES(1,'apt-1','{"id":"apt-1","name":"Wohnung „Süd“","codec":"native","channels":[{"id":"main","name":"Mains","role":"main","phase":"L123","rating":63,"slot":null,"poles":null,"parent":null},{"id":"c1","name":"Küche","role":"circuit","phase":null,"rating":null,"slot":null,"poles":null,"parent":null},{"id":"c2","name":"Wallbox","role":"circuit","phase":null,"rating":null,"slot":null,"poles":null,"parent":null}],"registers":[{"channel":"main","direction":"import"},{"channel":"main","direction":"export"},{"channel":"c1","direction":"import"},{"channel":"c2","direction":"import"}],"model":null,"firmware":"1.2.0","boot":null,"journal":"5c1e90aa","interval":300,"live_interval":null,"capacity":null,"nominal_voltage":230.0}');
INSERT INTO "panel" VALUES(2,'apt-2',NULL);
CREATE TABLE place (
	journal INTEGER NOT NULL,
	position INTEGER NOT NULL,
	register INTEGER NOT NULL,
	PRIMARY KEY (journal, position),
	UNIQUE (journal, register),
	FOREIGN KEY(journal) REFERENCES journal (id),
	FOREIGN KEY(register) REFERENCES register (id)
)
 WITHOUT ROWID
;
INSERT INTO "place" VALUES(1,0,1);
INSERT INTO "place" VALUES(1,1,2);
INSERT INTO "place" VALUES(1,2,3);
INSERT INTO "place" VALUES(1,3,4);
INSERT INTO "place" VALUES(2,0,1);
INSERT INTO "place" VALUES(3,0,5);
INSERT INTO "place" VALUES(3,1,6);
CREATE TABLE price (
	source TEXT NOT NULL,
	start BIGINT NOT NULL,
	price TEXT,
	PRIMARY KEY (source, start)
)
 WITHOUT ROWID
;
INSERT INTO "price" VALUES('sensor.spot',1795176000,'-0.0731');
INSERT INTO "price" VALUES('sensor.spot',1795179600,NULL);
CREATE TABLE register (
	id INTEGER NOT NULL,
	panel INTEGER NOT NULL,
	channel TEXT NOT NULL,
	direction TEXT NOT NULL,
	total BIGINT NOT NULL,
	shown BIGINT,
	meter TEXT,
	PRIMARY KEY (id),
	UNIQUE (panel, channel, direction),
	FOREIGN KEY(panel) REFERENCES panel (id)
);
INSERT INTO "register" VALUES(1,1,'main','import',1000000075,75,NULL);
INSERT INTO "register" VALUES(2,1,'main','export',1,NULL,NULL);
INSERT INTO "register" VALUES(3,1,'c1','import',13,NULL,NULL);
INSERT INTO "register" VALUES(4,1,'c2','import',7,NULL,NULL);
INSERT INTO "register" VALUES(5,2,'main','import',5,NULL,'{"last": 1}');
INSERT INTO "register" VALUES(6,2,'main','export',6,NULL,NULL);
CREATE TABLE rejected (
	journal INTEGER NOT NULL,
	seq BIGINT NOT NULL,
	"end" BIGINT NOT NULL,
	duration BIGINT NOT NULL,
	flags BIGINT NOT NULL,
	energy TEXT NOT NULL,
	reason TEXT NOT NULL,
	PRIMARY KEY (journal, seq),
	FOREIGN KEY(journal) REFERENCES journal (id)
)
 WITHOUT ROWID
;
INSERT INTO "rejected" VALUES(1,3,1795176900,300,2,'9,9,9','beyond_rating');
CREATE INDEX interval_end ON interval (journal, "end");
CREATE INDEX interval_long ON interval (journal, "end") WHERE "end" - start > 3600;
COMMIT;
