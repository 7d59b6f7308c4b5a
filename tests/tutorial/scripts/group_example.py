# Puts a user into a group, writes to the group, and takes the user out again.
import os

from linarite.client import WebPubSubServiceClient

connection_string = os.environ["WEBPUBSUB_CONNECTION_STRING"]

with WebPubSubServiceClient.from_connection_string(connection_string, hub="demo-hub") as service:
    service.add_user_to_group("room-1", "user-123")
    service.send_to_group("room-1", "Welcome to room 1!", content_type="text/plain")
    print("User in group:", service.user_exists_in_group("room-1", "user-123"))
    service.remove_user_from_group("room-1", "user-123")
