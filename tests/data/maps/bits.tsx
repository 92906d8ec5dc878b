<?xml version="1.0" encoding="UTF-8"?>
<tileset version="1.10" tiledversion="1.10.2" name="bits" tilewidth="16" tileheight="16" tilecount="4" columns="4">
 <image source="bits.png" width="64" height="16"/>
 <tile id="2">
  <properties>
   <property name="blocks" type="bool" value="false"/>
  </properties>
 </tile>
 <tile id="3" type="wall"/>
</tileset>
