import linarite = require("@linarite/web-pubsub");

const client = new linarite.WebPubSubServiceClient("Endpoint=http://localhost:8080;AccessKey=key;Version=1.0;", "hub");
const inside: Promise<boolean> = client.group("g").hasUser("anna");

export = inside;
