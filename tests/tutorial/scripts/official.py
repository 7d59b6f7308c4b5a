# Connects a client, and sends to the client's group by REST.
import os

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from websockets.sync.client import connect

connection_string = os.environ["WEBPUBSUB_CONNECTION_STRING"]

with WebPubSubServiceClient.from_connection_string(connection_string, hub="chat") as service:
    url = service.get_client_access_token(user_id="anna", groups=["room"])["url"]
    with connect(url) as client:
        service.send_to_group("room", "Hello", content_type="text/plain")
        print(client.recv(), "over", url.partition("//")[0])
